using System.Diagnostics;

namespace OrleansOrchestrator.ControlPlane.Telemetry;

/// <summary>An activity as others are told of it. It travels with each write and not with the call: a call has the writes of many.</summary>
/// <param name="Parent">The activity, as W3C's <c>traceparent</c> has it.</param>
/// <param name="State">What the systems before have added, as in W3C's <c>tracestate</c>.</param>
/// <remarks>See https://www.w3.org/TR/trace-context/.</remarks>
[GenerateSerializer, Immutable, Alias("TraceContext")]
internal sealed record TraceContext([property: Id(0)] string Parent, [property: Id(1)] string? State)
{
    /// <summary>The present activity; null if there is none.</summary>
    public static TraceContext? Current => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } activity
        ? new TraceContext(id, activity.TraceStateString)
        : null;

    /// <summary>The activity as one of another process; null if it cannot be read, as another version may have written it.</summary>
    public ActivityContext? Context => ActivityContext.TryParse(Parent, State, isRemote: true, out var context) ? context : null;
}
