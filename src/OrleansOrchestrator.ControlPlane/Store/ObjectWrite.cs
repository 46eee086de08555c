namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>What a write does.</summary>
internal enum WriteType
{
    /// <summary>The object must not exist.</summary>
    Create,

    /// <summary>The object must exist at the expected revision.</summary>
    Replace,

    /// <summary>The object must exist at the expected revision.</summary>
    Delete,
}

/// <summary>One write, with its precondition.</summary>
/// <param name="Type">What it does.</param>
/// <param name="Namespace">The namespace; empty for cluster scope.</param>
/// <param name="Name">The name.</param>
/// <param name="Json">The object as its definition encodes it; for a deletion its last state, or null to keep the present one.</param>
/// <param name="ExpectedRevision">The revision that the write is based on; not used by a creation.</param>
/// <param name="Claims">What the object holds exclusively after the write.</param>
[GenerateSerializer, Immutable, Alias("ObjectWrite")]
internal sealed record ObjectWrite(
    [property: Id(0)] WriteType Type,
    [property: Id(1)] string Namespace,
    [property: Id(2)] string Name,
    [property: Id(3)] ReadOnlyMemory<byte>? Json,
    [property: Id(4)] long ExpectedRevision,
    [property: Id(5)] IReadOnlyList<string> Claims);
