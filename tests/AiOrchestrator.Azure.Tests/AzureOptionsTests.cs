namespace AiOrchestrator.Azure.Tests;

public sealed class AzureOptionsTests
{
    [Fact]
    public void What_has_no_default_is_missing_all_at_once() => Assert.Equal(
        ["AO_Azure__CosmosEndpoint is missing", "AO_Azure__EventHubsNamespace is missing", "AO_Azure__BlobServiceUri is missing"],
        new AzureOptions().Validate().Select(static e => e[..e.IndexOf(':', StringComparison.Ordinal)]));

    [Fact]
    public void The_defaults_are_those_of_the_deployment()
    {
        var options = new AzureOptions();
        Assert.Equal(
            ("aiorchestrator", CosmosMode.Direct, "usage", "", 300, "aiorchestrator", "", 2000, 1),
            (options.CosmosDatabase, options.CosmosMode, options.UsageHub, options.VaultUri, options.SecretCacheSeconds, options.BlobContainer, options.SearchEndpoint, options.RefreshMs, options.ForwardedHops));
    }

    [Fact]
    public void Addresses_of_Azure_are_right() => Assert.Empty(Valid().Validate());

    [Fact]
    public void Addresses_of_the_emulators_are_right()
    {
        var options = Valid();
        options.CosmosEndpoint = "http://localhost:8081";
        options.EventHubsNamespace = "localhost:5673";
        options.BlobServiceUri = "http://127.0.0.1:10000/devstoreaccount1";
        Assert.Empty(options.Validate());
    }

    [Theory]
    [InlineData(nameof(AzureOptions.CosmosEndpoint), "account.documents.azure.com")]
    [InlineData(nameof(AzureOptions.CosmosEndpoint), "http://account.documents.azure.com")]
    [InlineData(nameof(AzureOptions.CosmosEndpoint), "AccountEndpoint=https://a;AccountKey=b")]
    [InlineData(nameof(AzureOptions.CosmosDatabase), "")]
    [InlineData(nameof(AzureOptions.CosmosDatabase), "a/b")]
    [InlineData(nameof(AzureOptions.EventHubsNamespace), "sb://name.servicebus.windows.net")]
    [InlineData(nameof(AzureOptions.EventHubsNamespace), "name.servicebus.windows.net/")]
    [InlineData(nameof(AzureOptions.EventHubsNamespace), "name.servicebus.windows.net:5671")]
    [InlineData(nameof(AzureOptions.UsageHub), "-usage")]
    [InlineData(nameof(AzureOptions.UsageHub), "usage\n")]
    [InlineData(nameof(AzureOptions.VaultUri), "http://localhost:8443")]
    [InlineData(nameof(AzureOptions.VaultUri), "name.vault.azure.net")]
    [InlineData(nameof(AzureOptions.SearchEndpoint), "http://localhost:8443")]
    [InlineData(nameof(AzureOptions.SearchEndpoint), "name.search.windows.net")]
    [InlineData(nameof(AzureOptions.BlobServiceUri), "https://name.blob.core.windows.net/?sv=2024&sig=secret")]
    [InlineData(nameof(AzureOptions.BlobServiceUri), "https://user@name.blob.core.windows.net")]
    [InlineData(nameof(AzureOptions.BlobContainer), "ab")]
    [InlineData(nameof(AzureOptions.BlobContainer), "Upper")]
    [InlineData(nameof(AzureOptions.BlobContainer), "two--hyphens")]
    [InlineData(nameof(AzureOptions.BlobContainer), "last-")]
    public void A_text_that_is_none_is_named(string name, string value)
    {
        var options = Valid();
        typeof(AzureOptions).GetProperty(name)!.SetValue(options, value);
        Assert.StartsWith("AO_Azure__" + name + " is ", Assert.Single(options.Validate()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(AzureOptions.SecretCacheSeconds), 1, 86_400)]
    [InlineData(nameof(AzureOptions.RefreshMs), 200, 60_000)]
    [InlineData(nameof(AzureOptions.ForwardedHops), 0, 10)]
    public void A_number_out_of_bounds_is_named(string name, int min, int max)
    {
        var property = typeof(AzureOptions).GetProperty(name)!;
        foreach (var (value, errors) in (ReadOnlySpan<(int, int)>)[(min - 1, 1), (min, 0), (max, 0), (max + 1, 1)])
        {
            var options = Valid();
            property.SetValue(options, value);
            Assert.Equal(errors, options.Validate().Count(e => e.StartsWith($"AO_Azure__{name} is {value}", StringComparison.Ordinal) || e.StartsWith($"AO_Azure__{name} is '{value}'", StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData("http://127.0.0.1:10000/devstoreaccount1", true)]
    [InlineData("http://localhost:8081", true)]
    [InlineData("http://[::1]:8081", true)]
    [InlineData("https://127.0.0.1:10000", false)]
    [InlineData("http://10.0.0.4:10000", false)]
    [InlineData("http://localhost.example.com", false)]
    public void Only_a_plain_address_of_this_machine_is_an_emulator(string address, bool emulator) =>
        Assert.Equal(emulator, AzureOptions.IsEmulator(new Uri(address)));

    private static AzureOptions Valid() => new()
    {
        CosmosEndpoint = "https://account.documents.azure.com:443/",
        EventHubsNamespace = "name.servicebus.windows.net",
        VaultUri = "https://name.vault.azure.net/",
        BlobServiceUri = "https://name.blob.core.windows.net/",
        SearchEndpoint = "https://name.search.windows.net",
    };
}
