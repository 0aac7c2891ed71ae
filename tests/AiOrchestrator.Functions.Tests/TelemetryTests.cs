namespace AiOrchestrator.Functions.Tests;

public sealed class TelemetryTests
{
    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("ClientId=11111111-2222-3333-4444-555555555555", false)]
    [InlineData("Authorization=AAD", true)]
    [InlineData("authorization=aad;clientid=11111111-2222-3333-4444-555555555555", true)]
    [InlineData("ClientId=11111111-2222-3333-4444-555555555555;Authorization=AAD", true)]
    public void An_identity_is_used_where_the_setting_says_so(string? authentication, bool expected) =>
        Assert.Equal(expected, Telemetry.CredentialOf(authentication) is not null);
}
