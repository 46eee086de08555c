using OrleansOrchestrator.Consistency.Tests.Histories;

namespace OrleansOrchestrator.Consistency.Tests.Checking;

/// <summary>
/// One object as a sequential program would keep it: a register that is absent or holds a version, with compare-and-swap by
/// revision.
/// </summary>
/// <param name="IsPresent">Whether the object exists.</param>
/// <param name="Revision">Its revision; 0 if nobody has told it, which is so after a write of unknown outcome.</param>
/// <param name="Value">Its content.</param>
/// <param name="Floor">The newest revision known to have been given: later ones are greater.</param>
internal readonly record struct Register(bool IsPresent, long Revision, string? Value, long Floor)
{
    public static Register Absent { get; } = new(false, 0, null, 0);

    /// <summary>What the register is after an operation that takes effect now.</summary>
    /// <returns>Null if the operation could not have been answered as it was.</returns>
    public Register? After(Operation operation) => operation.Outcome switch
    {
        Outcome.Absent => IsPresent ? null : this,
        Outcome.Exists => IsPresent ? this : null,
        Outcome.Conflict => IsPresent && (Revision == 0 || Revision != operation.Expected) ? this : null,
        _ => AfterSuccess(operation),
    };

    public override string ToString() => IsPresent ? $"{Value}@{(Revision == 0 ? "?" : Revision)}" : "absent";

    private Register? AfterSuccess(Operation operation) => operation.Kind switch
    {
        OperationKind.Create => IsPresent ? null : With(operation),
        OperationKind.Replace => IsPresent && (Revision == operation.Expected || (Revision == 0 && operation.Expected > Floor)) ? With(operation) : null,
        OperationKind.Patch => IsPresent ? With(operation) : null,
        OperationKind.Delete => IsPresent ? this with { IsPresent = false, Revision = 0, Value = null } : null,
        _ => Read(operation.Shown!.Value),
    };

    private Register? With(Operation write)
    {
        var revision = write.Shown?.Revision ?? 0;
        var floor = Math.Max(Floor, write.Kind == OperationKind.Replace ? write.Expected : 0);
        if (revision != 0 && revision <= floor)
            return null;
        return new Register(true, revision, write.Written, Math.Max(floor, revision));
    }

    private Register? Read(Version seen)
    {
        if (!IsPresent || Value != seen.Value)
            return null;
        if (Revision != 0)
            return Revision == seen.Revision ? this : null;
        return seen.Revision > Floor ? this with { Revision = seen.Revision, Floor = seen.Revision } : null;
    }
}
