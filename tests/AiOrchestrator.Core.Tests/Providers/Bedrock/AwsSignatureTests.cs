using System.Security.Cryptography;
using AiOrchestrator.Core.Providers.Bedrock;

namespace AiOrchestrator.Core.Tests.Providers.Bedrock;

/// <summary>Signatures as AWS' published test suite has them (awslabs/aws-c-auth, aws-signing-test-suite/v4), and secrets in all their shapes.</summary>
public sealed class AwsSignatureTests
{
    private const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    private const string Session = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";

    [Theory]
    [InlineData("POST", null, "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData("GET", Session, "host;x-amz-date;x-amz-security-token", "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8")]
    public void Published_vectors_come_out(string method, string? session, string headers, string signature)
    {
        using var message = new HttpRequestMessage(new HttpMethod(method), "https://example.amazonaws.com/");

        new AwsSignature(new AwsCredential("AKIDEXAMPLE", Secret, session), "us-east-1", "service")
            .Add(message, SHA256.HashData([]), new DateTimeOffset(2015, 8, 30, 12, 36, 0, TimeSpan.Zero));

        Assert.Equal(
            $"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={headers}, Signature={signature}",
            message.Headers.GetValues("Authorization").Single());
        Assert.Equal("20150830T123600Z", message.Headers.GetValues("X-Amz-Date").Single());
    }

    [Theory]
    [InlineData("AKID:secret", "AKID", "secret", null)]
    [InlineData("AKID:secret:session==", "AKID", "secret", "session==")]
    [InlineData("""{"accessKeyId":"AKID","secretAccessKey":"secret"}""", "AKID", "secret", null)]
    [InlineData("""{"AccessKeyId": "AKID", "SecretAccessKey": "secret", "SessionToken": "s", "Version": 1}""", "AKID", "secret", "s")]
    public void A_secret_is_a_key_in_one_of_its_shapes(string secret, string id, string key, string? session)
    {
        Assert.True(AwsCredential.TryParse(secret, out var credential));
        Assert.Equal((id, key, session), (credential!.AccessKeyId, credential.SecretAccessKey, credential.SessionToken));
        Assert.DoesNotContain("secret", credential.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_word_is_an_API_key()
    {
        Assert.True(AwsCredential.TryParse("ABSKQmVkcm9jaw==", out var credential));
        Assert.Null(credential);
    }

    [Theory]
    [InlineData("a:")]
    [InlineData(":b")]
    [InlineData("a:b:c:d")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"accessKeyId":"AKID"}""")]
    public void Anything_else_is_none(string secret) => Assert.False(AwsCredential.TryParse(secret, out _));
}
