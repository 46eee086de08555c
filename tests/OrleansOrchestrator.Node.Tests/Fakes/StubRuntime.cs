using System.Reflection;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A runtime that has only what a test needs of it, by the member's name.</summary>
public class StubRuntime : DispatchProxy
{
    private IReadOnlyDictionary<string, Func<object?[], object?>> _members = null!;

    internal static IContainerRuntime With(IReadOnlyDictionary<string, Func<object?[], object?>> members)
    {
        var proxy = Create<IContainerRuntime, StubRuntime>();
        ((StubRuntime)(object)proxy)._members = members;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        _members[targetMethod!.Name.Replace("get_", "", StringComparison.Ordinal)](args ?? []);
}
