using System.Security.Cryptography.X509Certificates;

namespace OrleansOrchestrator.Kinds.Certificates;

/// <summary>A certificate to be signed.</summary>
/// <param name="Subject">Whom it names.</param>
/// <param name="Key">Its public key.</param>
/// <param name="Names">Its alternative names; null for none.</param>
/// <param name="KeyUsages">What the key may do; nothing is said about that if it is none.</param>
/// <param name="Purposes">For what the certificate is good, as object identifiers.</param>
/// <param name="NotBefore">From when it is valid.</param>
/// <param name="NotAfter">Until when; cut to the end of the authority.</param>
public sealed record CertificateOrder(
    CertificateSubject Subject,
    PublicKey Key,
    X509Extension? Names,
    X509KeyUsageFlags KeyUsages,
    IReadOnlyList<string> Purposes,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter);
