using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>The network of sandboxes that get theirs from their engine.</summary>
internal sealed class EngineNetwork : ISandboxNetwork, ISandboxDetachment
{
    public static readonly EngineNetwork Instance = new();

    public bool IsUsed => false;

    public IReadOnlyList<string> AddressesOf(string sandboxId) => [];

    public void Require()
    {
    }

    public Task AttachAsync(string sandboxId, SandboxSpec spec, string networkPath, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ISandboxDetachment Hold(string podUid) => this;

    public Task DetachAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
    }
}
