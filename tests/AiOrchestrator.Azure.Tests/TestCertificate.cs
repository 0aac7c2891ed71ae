using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AiOrchestrator.Azure.Tests;

/// <summary>A certificate for this machine, made for one run, and a client that trusts it and no other.</summary>
internal static class TestCertificate
{
    private static readonly Lazy<X509Certificate2> Made = new(Make);

    /// <summary>For servers.</summary>
    public static X509Certificate2 Server => Made.Value;

    /// <summary>Its private key, for servers that are not of .NET.</summary>
    public static string KeyPem => Server.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem();

    /// <summary>Whether a server showed the certificate.</summary>
    public static bool Is(X509Certificate? shown) => shown?.GetCertHashString() == Server.GetCertHashString();

    /// <summary>A client that speaks to servers with the certificate.</summary>
    public static HttpClient NewClient() => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, shown, _, _) => Is(shown) },
    });

    private static X509Certificate2 Make()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
