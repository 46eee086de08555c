using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Kinds;

/// <summary>The built-in kinds: every definition in this project. Adding a file adds its kind.</summary>
public static class BuiltInKinds
{
    /// <summary>
    /// A registry of these kinds, which the whole process shares. Custom kinds are added only to copies of it: see
    /// <see cref="ResourceRegistry.Copy"/>.
    /// </summary>
    public static ResourceRegistry Registry { get; } = new(
        typeof(BuiltInKinds).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(ResourceDefinition)) && !type.IsAbstract && type.GetConstructor(Type.EmptyTypes) is not null)
            .Select(type => (ResourceDefinition)Activator.CreateInstance(type)!));
}
