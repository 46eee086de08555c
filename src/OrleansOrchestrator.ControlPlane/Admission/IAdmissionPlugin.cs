namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// A rule of the cluster that looks at requests before they are done. Refuses one with an <see cref="Model.Errors.ApiException"/>.
/// Plugins of a stage run one after another, in their registered order.
/// </summary>
internal interface IAdmissionPlugin
{
    /// <summary>Its name, for messages.</summary>
    string Name { get; }

    /// <summary>
    /// Whether asking it does something outside of the request, as calling a webhook that writes. It is then asked once for each request,
    /// however often the request is tried (<see cref="AdmissionMemory"/>), and never in a dry run.
    /// </summary>
    bool HasSideEffects => false;

    /// <summary>How long it may take; null for one that calls nobody. Nothing is held while it is waited for.</summary>
    TimeSpan? Deadline => null;

    /// <summary>Whether it has anything to say about a request.</summary>
    bool Handles(AdmissionRequest request);
}

/// <summary>Changes requests, or refuses them before they are validated.</summary>
internal interface IMutatingAdmission : IAdmissionPlugin
{
    /// <summary>Changes a request.</summary>
    /// <returns>The request with the object as it is to be, which may be the very object that came.</returns>
    ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken);
}

/// <summary>Judges requests after they have been validated. Changes nothing.</summary>
internal interface IValidatingAdmission : IAdmissionPlugin
{
    /// <summary>Refuses a request, or does nothing.</summary>
    ValueTask ValidateAsync(AdmissionRequest request, CancellationToken cancellationToken);
}

/// <summary>Chooses what the sender left open, and can choose again.</summary>
internal interface IChoosingAdmission : IMutatingAdmission
{
    /// <summary>Replaces a claim that was chosen and that another object turned out to hold.</summary>
    /// <returns>The request with another choice; null if the claim is not of this plugin's choosing.</returns>
    ValueTask<AdmissionRequest?> ReplaceClaimAsync(AdmissionRequest request, string claim, CancellationToken cancellationToken);
}
