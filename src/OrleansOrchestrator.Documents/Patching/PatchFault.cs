namespace OrleansOrchestrator.Documents.Patching;

/// <summary>Why a patch was not applied.</summary>
public enum PatchFault
{
    /// <summary>The patch itself is invalid: 400.</summary>
    Malformed,

    /// <summary>The patch is valid but does not apply to this object, for example a failed test: 422.</summary>
    NotApplicable,

    /// <summary>The patch is over a limit: 413.</summary>
    TooLarge,
}
