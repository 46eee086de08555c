using k8s.Models;

namespace OrleansOrchestrator.Controllers.Certificates;

/// <summary>Asks the host whether who made a certificate request may get it without an administrator: the question of a SubjectAccessReview.</summary>
/// <param name="MayCreate">Whether the requester may create this subresource of certificate requests.</param>
public sealed record RequesterAccess(Func<V1CertificateSigningRequestSpec, string, bool> MayCreate);
