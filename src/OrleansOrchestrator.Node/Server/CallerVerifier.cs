using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Kinds.Certificates;

namespace OrleansOrchestrator.Node.Server;

/// <summary>Allows only the API server to call the node: its certificate is signed by the cluster and has its name.</summary>
internal sealed class CallerVerifier(X509Certificate2Collection authorities)
{
    private const string ApiServerName = "system:kube-apiserver";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    public bool IsApiServer(X509Certificate2 certificate)
    {
        if (CertificateSubject.Read(certificate.SubjectName)?.CommonName != ApiServerName)
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(ClientAuthentication));
        return chain.Build(certificate);
    }
}
