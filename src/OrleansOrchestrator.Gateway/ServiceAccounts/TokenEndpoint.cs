using k8s.Models;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Authentication;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Gateway.ServiceAccounts;

/// <summary>Serves <c>serviceaccounts/token</c>: issues a token.</summary>
internal sealed class TokenEndpoint(IObjectClient objects, ObjectBody bodies, TokenBindings bindings, ServiceAccountTokens tokens)
    : ISubresourceEndpoint
{
    private const string Group = "authentication.k8s.io";
    private const string Kind = "TokenRequest";
    // Kubernetes' default, minimum and maximum of expirationSeconds.
    private const int SecondsDefault = 3600;
    private const int SecondsMin = 600;
    private const long SecondsMax = 1L << 32;

    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = "token",
        Serves = SubresourceDeclaration.Of(WellKnownResources.ServiceAccounts),
        Verbs = [Verbs.Create],
        Body = (Group, "v1", Kind),
    };

    /// <inheritdoc/>
    public async Task HandleAsync(ApiRequest request)
    {
        var options = WriteQueries.ForWrite(request, "CreateOptions");
        var asked = await bodies.ReadModelAsync<Authenticationv1TokenRequest>(request) ?? throw ApiErrors.BadRequest($"a {Kind} is required");
        var account = await objects.GetAsync(request.Definition, request.Info.Key, Freshness.Latest, request.Cancellation);
        Complete(asked, account);
        var admitted = await objects.AdmitAsync(
            new AdmissionRequest
            {
                Operation = AdmissionOperation.Create,
                ServedVersion = request.ServedVersion,
                Key = account.Key,
                Subresource = Declaration.Name,
                Object = asked,
                Options = options,
            },
            request.Cancellation);
        asked = (Authenticationv1TokenRequest)admitted.Object!;

        // After admission, which sees whether the sender asks for an audience.
        if (asked.Spec.Audiences is not { Count: > 0 })
            asked.Spec.Audiences = [TokenAudiences.Api];
        var binding = await bindings.BindAsync(account, asked.Spec.BoundObjectRef, request.Cancellation);
        var (token, expires) = tokens.Issue(binding, [.. asked.Spec.Audiences], TimeSpan.FromSeconds(asked.Spec.ExpirationSeconds!.Value));
        asked.Status = new V1TokenRequestStatus { Token = token, ExpirationTimestamp = expires.UtcDateTime };
        await JsonResponse.SendAsync(request.Http, 201, ObjectCodec.Encode(asked), request.Format, request.Cancellation);
    }

    private static void Complete(Authenticationv1TokenRequest asked, StoredObject account)
    {
        asked.ApiVersion = $"{Group}/v1";
        asked.Kind = Kind;
        asked.Metadata ??= new V1ObjectMeta();
        if (asked.Metadata.Name is { Length: > 0 } name && name != account.Key.Name)
            throw ApiErrors.BadRequest($"the name of the object ({name}) does not match the name on the URL ({account.Key.Name})");
        if (asked.Metadata.NamespaceProperty is { Length: > 0 } scope && scope != account.Key.Namespace)
            throw ApiErrors.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        asked.Metadata.Name = account.Key.Name;
        asked.Metadata.NamespaceProperty = account.Key.Namespace;

        asked.Spec ??= new V1TokenRequestSpec();
        asked.Spec.ExpirationSeconds ??= SecondsDefault;
        var errors = new FieldErrors();
        var path = FieldPath.Spec.Child("expirationSeconds");
        if (asked.Spec.ExpirationSeconds < SecondsMin)
            errors.Invalid(path, asked.Spec.ExpirationSeconds, "may not specify a duration less than 10 minutes");
        if (asked.Spec.ExpirationSeconds > SecondsMax)
            errors.Invalid(path, asked.Spec.ExpirationSeconds, "may not specify a duration larger than 2^32 seconds");
        if (!errors.IsEmpty)
            throw ApiErrors.Invalid(Group, Kind, account.Key.Name, errors.All);
    }
}
