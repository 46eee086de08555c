using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.ServiceAccounts;

/// <summary>Binds tokens to objects, and checks that these still exist.</summary>
internal sealed class TokenBindings(IObjectClient objects, ResourceRegistry registry, TimeProvider time)
{
    // What finalizers keep after its end gives nobody access. Whoever is ending may need it for a moment more.
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(60);

    /// <summary>Binds a token to the object that a request names, or to the account alone.</summary>
    /// <exception cref="ApiException">400: tokens cannot be bound to it; 404: it does not exist; 409: its uid differs.</exception>
    public async ValueTask<TokenBinding> BindAsync(StoredObject account, V1BoundObjectReference? reference, CancellationToken cancellationToken)
    {
        var binding = new TokenBinding(account.Key.Namespace, BoundTo(account));
        switch (reference)
        {
            case null:
                return binding;
            case { Kind: "Pod", ApiVersion: null or "" or "v1" }:
                var pod = await FindAsync(WellKnownResources.Pods, account.Key.Namespace, reference, cancellationToken);
                if (((V1Pod)pod.SharedModel()).Spec?.ServiceAccountName != account.Key.Name)
                    throw ApiErrors.BadRequest($"cannot bind token for serviceaccount \"{account.Key.Name}\" to pod running with different serviceaccount name.");
                return binding with { Pod = BoundTo(pod) };
            case { Kind: "Secret", ApiVersion: null or "" or "v1" }:
                return binding with { Secret = BoundTo(await FindAsync(WellKnownResources.Secrets, account.Key.Namespace, reference, cancellationToken)) };
            case { Kind: "Node", ApiVersion: null or "" or "v1" }:
                return binding with { Node = BoundTo(await FindAsync(WellKnownResources.Nodes, "", reference, cancellationToken)) };
            default:
                throw ApiErrors.BadRequest($"cannot bind token to object of type {reference.ApiVersion}, Kind={reference.Kind}");
        }
    }

    /// <summary>Whether every bound object exists with the same uid, and should not have been gone for a minute.</summary>
    public async ValueTask<bool> IsGoodAsync(TokenBinding binding, CancellationToken cancellationToken) =>
        await ExistsAsync(WellKnownResources.ServiceAccounts, binding.Namespace, binding.Account, cancellationToken)
        && await ExistsAsync(WellKnownResources.Pods, binding.Namespace, binding.Pod, cancellationToken)
        && await ExistsAsync(WellKnownResources.Secrets, binding.Namespace, binding.Secret, cancellationToken)
        && await ExistsAsync(WellKnownResources.Nodes, "", binding.Node, cancellationToken);

    private static BoundObject BoundTo(StoredObject obj) => new(obj.Key.Name, obj.Uid);

    private async ValueTask<StoredObject> FindAsync(
        ResourceName resource, string @namespace, V1BoundObjectReference reference, CancellationToken cancellationToken)
    {
        var found = await objects.GetAsync(registry[resource], new ObjectKey(@namespace, reference.Name ?? ""), Freshness.Latest, cancellationToken);
        if (!string.IsNullOrEmpty(reference.Uid) && reference.Uid != found.Uid)
        {
            throw ApiErrors.Conflict(resource, found.Key.Name,
                $"the UID in the bound object reference ({reference.Uid}) does not match the UID in record. The object might have been deleted and then recreated");
        }

        return found;
    }

    private async ValueTask<bool> ExistsAsync(ResourceName resource, string @namespace, BoundObject? bound, CancellationToken cancellationToken)
    {
        if (bound is null)
            return true;
        var key = new ObjectKey(@namespace, bound.Name);
        return await IsAtAsync(resource, key, bound.Uid, Freshness.Any, cancellationToken)
            // This silo's cache may not have an object yet that was just created.
            || await IsAtAsync(resource, key, bound.Uid, Freshness.Latest, cancellationToken);
    }

    private async ValueTask<bool> IsAtAsync(ResourceName resource, ObjectKey key, string uid, Freshness freshness, CancellationToken cancellationToken)
    {
        try
        {
            var found = await objects.GetAsync(registry[resource], key, freshness, cancellationToken);
            return found.Uid == uid && !(found.IsDeleting && time.GetUtcNow() > found.SharedModel().Metadata.DeletionTimestamp + Leeway);
        }
        catch (ApiException missing) when (missing.Code == 404)
        {
            return false;
        }
    }
}
