using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansOrchestrator.Testing.Certificates;

namespace OrleansOrchestrator.ControlPlane.Tests.Rbac;

/// <summary>Makes requests of certificates.</summary>
internal static class CertificateRequests
{
    /// <summary>A request of a certificate for a subject.</summary>
    public static byte[] Of(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Encoding.ASCII.GetBytes(new CertificateRequest(SubjectName.Of(subject), key, HashAlgorithmName.SHA256).CreateSigningRequestPem());
    }
}
