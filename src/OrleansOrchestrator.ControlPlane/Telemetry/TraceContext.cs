using System.Diagnostics;

namespace OrleansOrchestrator.ControlPlane.Telemetry;

/// <summary>An activity as it is sent to other processes. It travels with each write and not with the call, which carries many
/// writes.</summary>
/// <param name="Parent">The activity as W3C's <c>traceparent</c>.</param>
/// <param name="State">Additions by earlier systems, as W3C's <c>tracestate</c>.</param>
/// <remarks>See https://www.w3.org/TR/trace-context/.</remarks>
[GenerateSerializer, Immutable, Alias("TraceContext")]
internal sealed record TraceContext([property: Id(0)] string Parent, [property: Id(1)] string? State)
{
    /// <summary>The current activity; null if there is none.</summary>
    public static TraceContext? Current => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } activity
        ? new TraceContext(id, activity.TraceStateString)
        : null;

    /// <summary>The activity as a remote parent; null if it cannot be parsed, as another version may have written it.</summary>
    public ActivityContext? Context => ActivityContext.TryParse(Parent, State, isRemote: true, out var context) ? context : null;
}
