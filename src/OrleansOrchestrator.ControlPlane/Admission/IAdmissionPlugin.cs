namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// A rule of the cluster that checks requests before they are executed. It refuses a request with an <see
/// cref="Model.Errors.ApiException"/>. The plugins of a stage run one after another in their registered order.
/// </summary>
internal interface IAdmissionPlugin
{
    /// <summary>Its name, for messages.</summary>
    string Name { get; }

    /// <summary>
    /// Whether a call has effects outside the request, such as a webhook that writes. Such a plugin is called once per request, however
    /// often the request is attempted (<see cref="AdmissionMemory"/>), and never in a dry run.
    /// </summary>
    bool HasSideEffects => false;

    /// <summary>The time limit of a call; null for a plugin that calls nobody. The request holds nothing while it waits.</summary>
    TimeSpan? Deadline => null;

    /// <summary>Whether the plugin applies to a request.</summary>
    bool Handles(AdmissionRequest request);
}

/// <summary>Changes requests, or refuses them before they are validated.</summary>
internal interface IMutatingAdmission : IAdmissionPlugin
{
    /// <summary>Changes a request.</summary>
    /// <returns>The request with the object as it is to be; possibly the same object.</returns>
    ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken);
}

/// <summary>Checks requests after validation. Changes nothing.</summary>
internal interface IValidatingAdmission : IAdmissionPlugin
{
    /// <summary>Refuses a request, or does nothing.</summary>
    ValueTask ValidateAsync(AdmissionRequest request, CancellationToken cancellationToken);
}

/// <summary>Chooses values that the sender left open, and can choose again.</summary>
internal interface IChoosingAdmission : IMutatingAdmission
{
    /// <summary>Replaces a chosen claim that another object holds.</summary>
    /// <returns>The request with another claim; null if this plugin did not choose the claim.</returns>
    ValueTask<AdmissionRequest?> ReplaceClaimAsync(AdmissionRequest request, string claim, CancellationToken cancellationToken);
}
