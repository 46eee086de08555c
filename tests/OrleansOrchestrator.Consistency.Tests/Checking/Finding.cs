namespace OrleansOrchestrator.Consistency.Tests.Checking;

/// <summary>A promise that a history breaks.</summary>
internal enum Rule
{
    /// <summary>The operations on one object have no order that explains all answers and keeps to real time.</summary>
    Linearizable,

    /// <summary>The search for such an order was given up: neither proved nor refuted.</summary>
    Decided,

    /// <summary>An acknowledged write is in the log with its revision, and in the final state unless overwritten.</summary>
    Durable,

    /// <summary>A write has its effect once; a refused one none; and nothing is there that nobody wrote.</summary>
    OneEffect,

    /// <summary>Revisions increase strictly in the order of commits, which keeps to real time.</summary>
    Ordered,

    /// <summary>A consistent read is not older than what was acknowledged, or read, before it; and shows one revision.</summary>
    Fresh,

    /// <summary>A watch shows the log: complete, in order, each change once.</summary>
    Watched,
}

/// <summary>A broken promise.</summary>
/// <param name="Rule">Which.</param>
/// <param name="Text">Where and how.</param>
internal sealed record Finding(Rule Rule, string Text)
{
    public override string ToString() => $"{Rule}: {Text}";
}
