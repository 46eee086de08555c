namespace OrleansOrchestrator.Documents.Patching;

/// <summary>Why a patch was not applied.</summary>
public enum PatchFault
{
    /// <summary>The patch itself makes no sense: 400.</summary>
    Malformed,

    /// <summary>The patch makes sense, but not for this object, as when it tests for another value: 422.</summary>
    NotApplicable,

    /// <summary>The patch is over a limit: 413.</summary>
    TooLarge,
}
