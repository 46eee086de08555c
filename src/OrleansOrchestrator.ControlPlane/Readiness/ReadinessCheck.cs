namespace OrleansOrchestrator.ControlPlane.Readiness;

/// <summary>Whether this silo can serve the API, part by part.</summary>
public interface IReadinessCheck
{
    /// <summary>The part's name, as in <c>store</c>.</summary>
    string Name { get; }

    /// <summary>Checks it.</summary>
    /// <returns>Null if it is ready; otherwise why it is not, in one line.</returns>
    Task<string?> CheckAsync(CancellationToken cancellationToken);
}
