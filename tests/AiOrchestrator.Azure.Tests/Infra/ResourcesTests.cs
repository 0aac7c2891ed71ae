using System.Globalization;
using System.Text.RegularExpressions;
using AiOrchestrator.Azure.Documents;

namespace AiOrchestrator.Azure.Tests.Infra;

/// <summary>What is made is what the code expects, and reached by identity only.</summary>
public sealed partial class ResourcesTests
{
    /// <summary>Built-in roles, by the ids Azure has for them.</summary>
    private static readonly Dictionary<string, string> Roles = new(StringComparer.Ordinal)
    {
        ["storageBlobDataOwner"] = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        ["storageQueueDataContributor"] = "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
        ["storageTableDataContributor"] = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
        ["eventHubsDataSender"] = "2b629674-e913-4c01-ae53-ef4638d8f975",
        ["eventHubsDataReceiver"] = "a638d3c7-ab3a-418d-83e6-5f17a39d4fde",
        ["cosmosDataContributor"] = "00000000-0000-0000-0000-000000000002",
        ["searchIndexDataContributor"] = "8ebe5a00-799e-43f5-93ac-243d3dce84a7",
        ["searchServiceContributor"] = "7ca78c08-252a-4471-8644-bb5ff32d4ba0",
        ["keyVaultSecretsUser"] = "4633458b-17de-408a-b874-0445c86b69e6",
        ["keyVaultSecretsOfficer"] = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        ["durableTaskDataContributor"] = "0ad04412-c4d5-4796-b79c-f76d14c8d402",
        ["monitoringMetricsPublisher"] = "3913510d-42f4-4e42-8a64-420c390055eb",
        ["cognitiveServicesOpenAiUser"] = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
    };

    [Fact]
    public void Roles_have_the_ids_of_Azure_and_each_is_given()
    {
        var file = BicepText.Read("infra/app/roles.bicep");
        var ids = Pair().Matches(file.BlockAfter("var role = ")).ToDictionary(static m => m.Groups["name"].Value, static m => m.Groups["value"].Value, StringComparer.Ordinal);
        Assert.Equal(Roles.OrderBy(static r => r.Key, StringComparer.Ordinal), ids.OrderBy(static r => r.Key, StringComparer.Ordinal));
        Assert.All(Roles.Keys, name => Assert.Contains($"role.{name}", file.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void Both_the_gateway_and_whoever_deploys_get_them() =>
        Assert.Equal(2, BicepText.Read("infra/main.bicep").Modules.Count(static m => m.Path == "app/roles.bicep"));

    /// <summary>Name, partition key, seconds until an item is forgotten (0: never).</summary>
    [Theory]
    [InlineData("documents", "/partition", 0)]
    [InlineData("rates", "/partition", 2 * 86_400)]
    [InlineData("usage", "/pk", 0)]
    [InlineData("statements", "/pk", 0)]
    [InlineData("open-calls", "/pk", 7 * 86_400)]
    [InlineData("cache", "/pk", 0)]
    public void Containers_are_as_the_stores_expect_them(string name, string partitionKey, int ttlSeconds)
    {
        var container = Assert.Single(Containers(), c => c.Name == name);
        Assert.Equal((partitionKey, ttlSeconds), (container.PartitionKey, container.TtlSeconds));
        Assert.Contains(partitionKey + "/?", container.Indexed);
    }

    [Fact]
    public void Containers_are_those_that_the_code_makes_on_an_emulator() => Assert.Equal(
        CosmosContainer.All.Select(static c => (c.Name, c.PartitionKeyPath, c.TtlSeconds ?? 0)),
        Containers().Select(static c => (c.Name, c.PartitionKey, c.TtlSeconds)));

    [Fact]
    public void No_other_container_is_made_and_none_is_indexed_as_a_whole()
    {
        Assert.Equal(["documents", "rates", "usage", "statements", "open-calls", "cache"], Containers().Select(static c => c.Name));
        Assert.All(Containers().SelectMany(static c => c.Indexed), static path => Assert.EndsWith("/?", path, StringComparison.Ordinal));
        Assert.Contains("path: '/*'", BicepText.Read("infra/app/cosmosContainers.bicep").BlockAfter("excludedPaths: "), StringComparison.Ordinal);
    }

    [Fact]
    public void Hubs_database_and_containers_have_the_names_the_code_has()
    {
        var main = BicepText.Read("infra/main.bicep").Text;
        var options = new AzureOptions();
        Assert.Contains($"var usageHub = '{options.UsageHub}'", main, StringComparison.Ordinal);
        Assert.Contains($"var databaseName = '{options.CosmosDatabase}'", main, StringComparison.Ordinal);
        Assert.Contains($"var blobContainer = '{options.BlobContainer}'", main, StringComparison.Ordinal);
        Assert.Contains("auditHub: 'audit'", main, StringComparison.Ordinal);
        Assert.Contains("consumerGroup: 'analytics'", main, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("storage", "allowSharedKeyAccess: false")]
    [InlineData("storage", "allowBlobPublicAccess: false")]
    [InlineData("eventhubs", "disableLocalAuth: true")]
    [InlineData("cosmos", "disableLocalAuth: true")]
    [InlineData("search", "disableLocalAuth: true")]
    [InlineData("monitoring", "DisableLocalAuth: true")]
    [InlineData("vault", "enableRbacAuthorization: true")]
    [InlineData("api", "httpsOnly: true")]
    [InlineData("api", "ftpsState: 'Disabled'")]
    [InlineData("api", "type: 'UserAssignedIdentity'")]
    public void Keys_do_not_open_anything(string file, string line) =>
        Assert.Contains(line, BicepText.Read($"infra/app/{file}.bicep").Text, StringComparison.Ordinal);

    [Theory]
    [InlineData("storage")]
    [InlineData("eventhubs")]
    [InlineData("cosmos")]
    [InlineData("search")]
    [InlineData("vault")]
    [InlineData("durable")]
    [InlineData("openai")]
    public void In_a_network_it_cannot_be_reached_from_outside(string file)
    {
        Assert.Contains("publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'", BicepText.Read($"infra/app/{file}.bicep").Text, StringComparison.Ordinal);
        var main = BicepText.Read("infra/main.bicep");
        Assert.Contains("publicAccess", Assert.Single(main.Modules, m => m.Path == $"app/{file}.bicep").Passed);
        Assert.Contains("var publicAccess = !vnetEnabled", main.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_app_is_a_Flex_Consumption_app_that_azd_finds()
    {
        var api = BicepText.Read("infra/app/api.bicep").Text;
        Assert.Contains("'azd-service-name': 'api'", api, StringComparison.Ordinal);
        Assert.Contains("kind: 'functionapp,linux'", api, StringComparison.Ordinal);
        Assert.Contains("name: 'dotnet-isolated'", api, StringComparison.Ordinal);
        Assert.Contains("version: '10.0'", api, StringComparison.Ordinal);
        Assert.Contains("name: 'FC1'", BicepText.Read("infra/app/plan.bicep").Text, StringComparison.Ordinal);
    }

    private static IReadOnlyList<(string Name, string PartitionKey, int TtlSeconds, IReadOnlyList<string> Indexed)> Containers() =>
    [
        .. Container().Matches(BicepText.Read("infra/app/cosmosContainers.bicep").Text).Select(static m => (
            m.Groups["name"].Value,
            m.Groups["key"].Value,
            int.Parse(m.Groups["ttl"].Value, CultureInfo.InvariantCulture),
            (IReadOnlyList<string>)m.Groups["indexed"].Value.Split('\'', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))),
    ];

    [GeneratedRegex(@"^\s*(?<name>\w+): '(?<value>[^']+)'$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Pair();

    [GeneratedRegex(@"name: '(?<name>[^']+)'\s+partitionKey: '(?<key>[^']+)'\s+ttlSeconds: (?<ttl>\d+)\s+indexed: \[(?<indexed>[^\]]*)\]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Container();
}
