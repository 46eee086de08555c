using k8s.Models;

namespace OrleansOrchestrator.Controllers.Certificates;

/// <summary>The state of a certificate request.</summary>
internal static class CertificateState
{
    public const string Approved = "Approved";
    public const string Denied = "Denied";
    public const string Failed = "Failed";

    extension(V1CertificateSigningRequest request)
    {
        /// <summary>The condition of a type that holds; null if there is none.</summary>
        public V1CertificateSigningRequestCondition? Condition(string type) =>
            request.Status?.Conditions?.FirstOrDefault(condition => condition.Type == type && condition.Status is null or "" or "True");

        /// <summary>Whether the certificate is there.</summary>
        public bool IsIssued => request.Status?.Certificate is { Length: > 0 };

        /// <summary>Adds a condition that holds.</summary>
        public void Add(string type, string reason, string message)
        {
            request.Status ??= new V1CertificateSigningRequestStatus();
            request.Status.Conditions =
            [
                .. request.Status.Conditions ?? [],
                new V1CertificateSigningRequestCondition { Type = type, Status = "True", Reason = reason, Message = message },
            ];
        }

        /// <summary>Takes back the conditions of a type.</summary>
        public void Remove(string type)
        {
            if (request.Status?.Conditions is { } conditions)
                request.Status.Conditions = [.. conditions.Where(condition => condition.Type != type)];
        }
    }
}
