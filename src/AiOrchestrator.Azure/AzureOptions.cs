using System.Text.RegularExpressions;

namespace AiOrchestrator.Azure;

/// <summary>How the database is reached.</summary>
public enum CosmosMode
{
    /// <summary>Straight to the replicas: fewer hops; needs ports 10000 to 20000 outwards.</summary>
    Direct,

    /// <summary>Over HTTPS to the account's address: the way through firewalls, and of the emulator.</summary>
    Gateway,
}

/// <summary>
/// Section <c>Azure</c>: where the services are. Nothing here is a secret: all are reached as the identity the process runs as. A plain
/// address of this machine means that service's emulator, which takes its published key instead.
/// </summary>
public sealed partial class AzureOptions
{
    /// <summary>Address of the Cosmos DB account, such as <c>https://NAME.documents.azure.com</c>. No default.</summary>
    public string CosmosEndpoint { get; set; } = "";

    /// <summary>Its database. Default <c>aiorchestrator</c>; 1 to 255 characters, none of <c>/ \ # ?</c>.</summary>
    public string CosmosDatabase { get; set; } = "aiorchestrator";

    /// <summary>How it is reached. Default <c>direct</c>; or <c>gateway</c>.</summary>
    public CosmosMode CosmosMode { get; set; } = CosmosMode.Direct;

    /// <summary>Host of the Event Hubs namespace, such as <c>NAME.servicebus.windows.net</c>; <c>localhost</c>, with or without a port, for the emulator. No default.</summary>
    public string EventHubsNamespace { get; set; } = "";

    /// <summary>The hub that usage goes to. Default <c>usage</c>; 1 to 256 letters, digits, <c>. - _</c>, a letter or digit first and last.</summary>
    public string UsageHub { get; set; } = "usage";

    /// <summary>Address of the Key Vault, such as <c>https://NAME.vault.azure.net</c>. Default none: then no reference begins with <c>kv:</c>.</summary>
    public string VaultUri { get; set; } = "";

    /// <summary>How long a secret is used before the vault is asked again, so how late a rotated one may arrive. Default 300; 1 to 86400; seconds.</summary>
    public int SecretCacheSeconds { get; set; } = 300;

    /// <summary>Address of the blob service, such as <c>https://NAME.blob.core.windows.net</c>. No default.</summary>
    public string BlobServiceUri { get; set; } = "";

    /// <summary>Its container. Default <c>aiorchestrator</c>; 3 to 63 of a-z, 0-9 and single hyphens, none first or last.</summary>
    public string BlobContainer { get; set; } = "aiorchestrator";

    /// <summary>
    /// Address of the AI Search service, such as <c>https://NAME.search.windows.net</c>. Default none: then each instance has an index of vectors of its own, in
    /// memory, and finds what it was asked itself.
    /// </summary>
    public string SearchEndpoint { get; set; } = "";

    /// <summary>How often an instance looks for what others changed. Default 2000; 200 to 60000; milliseconds.</summary>
    public int RefreshMs { get; set; } = 2000;

    /// <summary>How many proxies in front each add an address to <c>X-Forwarded-For</c>; 0: the header is not believed. Default 1; 0 to 10.</summary>
    public int ForwardedHops { get; set; } = 1;

    /// <summary>Everything that is missing or out of bounds, one line each, by the name of its environment variable.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Address(nameof(CosmosEndpoint), CosmosEndpoint, "https://NAME.documents.azure.com");
        Check(nameof(CosmosDatabase), CosmosDatabase, Database(), "1 to 255 characters, none of / \\ # ?");
        Add(
            Host().IsMatch(EventHubsNamespace) || EmulatorHost().IsMatch(EventHubsNamespace),
            nameof(EventHubsNamespace),
            EventHubsNamespace,
            "a host such as NAME.servicebus.windows.net, without a scheme");
        Check(nameof(UsageHub), UsageHub, Hub(), "1 to 256 letters, digits and . - _, a letter or digit first and last");
        if (VaultUri.Length > 0)
        {
            Address(nameof(VaultUri), VaultUri, "https://NAME.vault.azure.net", orEmulator: false);
        }

        Bound(nameof(SecretCacheSeconds), SecretCacheSeconds, 1, 86_400);
        Address(nameof(BlobServiceUri), BlobServiceUri, "https://NAME.blob.core.windows.net");
        Check(nameof(BlobContainer), BlobContainer, Container(), "3 to 63 of a-z, 0-9 and single hyphens, none first or last");
        if (SearchEndpoint.Length > 0)
        {
            Address(nameof(SearchEndpoint), SearchEndpoint, "https://NAME.search.windows.net", orEmulator: false);
        }

        Bound(nameof(RefreshMs), RefreshMs, 200, 60_000);
        Bound(nameof(ForwardedHops), ForwardedHops, 0, 10);
        return errors;

        void Address(string name, string value, string example, bool orEmulator = true)
        {
            var valid = Uri.TryCreate(value, UriKind.Absolute, out var uri)
                && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0
                && (uri.Scheme == Uri.UriSchemeHttps || (orEmulator && IsEmulator(uri)));
            Add(valid, name, value, $"an address such as {example}{(orEmulator ? ", or http:// on this machine" : "")}");
        }

        void Check(string name, string value, Regex pattern, string expected) => Add(pattern.IsMatch(value), name, value, expected);

        void Bound(string name, int value, int min, int max) => Add(value >= min && value <= max, name, $"{value}", $"{min} to {max}");

        void Add(bool valid, string name, string value, string expected)
        {
            if (!valid)
            {
                errors.Add(value.Length == 0 ? $"AO_Azure__{name} is missing: it must be {expected}" : $"AO_Azure__{name} is '{value}': it must be {expected}");
            }
        }
    }

    /// <summary>Whether an address is one of an emulator: no service of Azure answers without TLS, nor on this machine.</summary>
    internal static bool IsEmulator(Uri address) => address.Scheme == Uri.UriSchemeHttp && address.IsLoopback;

    [GeneratedRegex(@"^[^/\\#?\p{C}]{1,255}\z", RegexOptions.None, 1000)]
    private static partial Regex Database();

    [GeneratedRegex(@"^(?=.{1,253}\z)[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Host();

    [GeneratedRegex(@"^(localhost|127\.0\.0\.1)(:[0-9]{1,5})?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EmulatorHost();

    [GeneratedRegex(@"^(?=.{1,256}\z)[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Hub();

    [GeneratedRegex(@"^(?=.{3,63}\z)[a-z0-9]+(-[a-z0-9]+)*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Container();
}
