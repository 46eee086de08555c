using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Storage;

/// <summary>Rules that the kinds of CSI drivers share.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/storage/validation.</remarks>
internal static class CsiRules
{
    public const string Group = "storage.k8s.io";

    private const int TokenSecondsMin = 600;
    private const long TokenSecondsMax = 1L << 32;

    /// <summary>The service account tokens that a driver wants for the pods of its volumes, one for each audience.</summary>
    public static void ValidateTokenRequests(IList<Storagev1TokenRequest>? requests, FieldPath path, FieldErrors errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < requests.OrNone().Count; i++)
        {
            var (request, at) = (requests![i], path.Index(i));
            if (!seen.Add(request.Audience ?? ""))
                errors.Duplicate(at.Child("audience"), request.Audience ?? "");
            else if (request.ExpirationSeconds < TokenSecondsMin)
                errors.Invalid(at.Child("expirationSeconds"), request.ExpirationSeconds, "may not specify a duration less than 10 minutes");
            else if (request.ExpirationSeconds > TokenSecondsMax)
                errors.Invalid(at.Child("expirationSeconds"), request.ExpirationSeconds, "may not specify a duration larger than 2^32 seconds");
        }
    }
}
