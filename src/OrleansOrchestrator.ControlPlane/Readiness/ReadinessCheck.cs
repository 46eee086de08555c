namespace OrleansOrchestrator.ControlPlane.Readiness;

/// <summary>The readiness of one part of this silo.</summary>
public interface IReadinessCheck
{
    /// <summary>The part's name, as in <c>store</c>.</summary>
    string Name { get; }

    /// <summary>Checks it.</summary>
    /// <returns>Null if it is ready; otherwise the reason in one line.</returns>
    Task<string?> CheckAsync(CancellationToken cancellationToken);
}
