using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>Registers the authorizers of a silo.</summary>
public static class AuthorizationServices
{
    /// <summary>Registers the chain of authorizers and that of administrators, once. An <see cref="IAuthorizer"/> that is registered later is
    /// asked later.</summary>
    public static IServiceCollection AddAuthorizers(this IServiceCollection services)
    {
        services.TryAddSingleton<AuthorizerChain>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAuthorizer, SystemAuthorizer>());
        return services;
    }
}
