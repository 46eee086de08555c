namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// A rule of the cluster that looks at a write before it is validated: it may change the object, or refuse the write with
/// an <see cref="Model.Errors.ApiException"/>. Plugins run in their registered order.
/// </summary>
internal interface IAdmissionPlugin
{
    /// <summary>Admits a write.</summary>
    ValueTask AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken);

    /// <summary>Offers another value for a claim that the plugin made and that another object turned out to hold.</summary>
    /// <returns>Whether the object was changed, so that the write may be tried again.</returns>
    bool TryReplaceClaim(AdmissionRequest request, string claim) => false;
}
