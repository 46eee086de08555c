using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Kinds;

/// <summary>The kinds that are always there: every definition in this project. A kind is added by adding its file.</summary>
public static class BuiltInKinds
{
    /// <summary>A registry of these kinds, shared by all of a process. No custom kinds are ever added to it: see <see cref="ResourceRegistry.Copy"/>.</summary>
    public static ResourceRegistry Registry { get; } = new(
        typeof(BuiltInKinds).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(ResourceDefinition)) && !type.IsAbstract && type.GetConstructor(Type.EmptyTypes) is not null)
            .Select(type => (ResourceDefinition)Activator.CreateInstance(type)!));
}
