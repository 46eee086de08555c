namespace OrleansOrchestrator.Documents.Patching;

/// <summary>A patch was not applied, and nothing changed.</summary>
/// <param name="fault">Why, for the choice of a status code.</param>
/// <param name="message">Why, for the sender.</param>
public sealed class PatchException(PatchFault fault, string message) : Exception(message)
{
    /// <summary>Why, for the choice of a status code.</summary>
    public PatchFault Fault { get; } = fault;

    internal static PatchException Malformed(string message) => new(PatchFault.Malformed, message);

    internal static PatchException NotApplicable(string message) => new(PatchFault.NotApplicable, message);

    internal static PatchException TooLarge(string message) => new(PatchFault.TooLarge, message);
}
