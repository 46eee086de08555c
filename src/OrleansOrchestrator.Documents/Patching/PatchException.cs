namespace OrleansOrchestrator.Documents.Patching;

/// <summary>A patch was not applied, and nothing changed.</summary>
/// <param name="fault">The cause, from which the status code follows.</param>
/// <param name="message">The message for the sender.</param>
public sealed class PatchException(PatchFault fault, string message) : Exception(message)
{
    /// <summary>The cause, from which the status code follows.</summary>
    public PatchFault Fault { get; } = fault;

    internal static PatchException Malformed(string message) => new(PatchFault.Malformed, message);

    internal static PatchException NotApplicable(string message) => new(PatchFault.NotApplicable, message);

    internal static PatchException TooLarge(string message) => new(PatchFault.TooLarge, message);
}
