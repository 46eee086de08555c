using System.Net;
using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Node.Identity;

namespace OrleansOrchestrator.Node.Server;

/// <summary>The certificate that is the node among its peers: its hash is the node's voter name, and authenticates it to them in both
/// directions.</summary>
/// <remarks>
/// It is made once for a data folder and never renewed, unlike that of the server, so that no renewal touches a view or a vote. It proves
/// nothing but a vote, and its end means nothing, because peers know it by its hash.
/// </remarks>
internal static class VoterCertificate
{
    /// <summary>The name by which peers call the node's server, so that it shows this certificate.</summary>
    public const string ServerName = "voter.orleansorchestrator.io";

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);

    /// <summary>Reads the certificate from the folder, or makes one there.</summary>
    public static X509Certificate2 LoadOrCreate(string directory, string nodeName, IPAddress address, TimeProvider timeProvider)
    {
        var path = Path.Combine(directory, "voter.pem");
        if (SelfSigned.Load(path) is { } own && IsOf(own, nodeName))
            return own;

        // A node that has run with one certificate for everything keeps its name among its peers.
        var served = Path.Combine(directory, ServingCertificate.FileName);
        if (SelfSigned.Load(served) is { } former && IsOf(former, nodeName) && former.NotAfter - former.NotBefore >= Lifetime)
        {
            OwnedFile.Write(path, File.ReadAllText(served));
            return former;
        }

        return SelfSigned.Create(path, nodeName, address, timeProvider.GetUtcNow(), Lifetime);
    }

    // The node of a copied data folder is another one, and must not vote by the name of the first.
    private static bool IsOf(X509Certificate2 certificate, string nodeName) =>
        certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) == $"system:node:{nodeName}";
}
