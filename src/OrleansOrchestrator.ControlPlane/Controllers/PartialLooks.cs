using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>
/// What the last look at each primary found out, and which of its parts have changed since, for reconcilers that decide by part. Nothing
/// depends on it but cost: what is forgotten, or was interrupted, is observed as a whole.
/// </summary>
internal sealed class PartialLooks
{
    private readonly Dictionary<ObjectKey, Look> _looks = [];

    /// <summary>Notes that parts of a primary have changed.</summary>
    public void Note(ObjectKey key, IReadOnlySet<string> parts)
    {
        if (_looks.TryGetValue(key, out var look))
            look.Changed.UnionWith(parts);
    }

    /// <summary>Forgets what is known of a primary. A look that is under way is not remembered.</summary>
    public void Forget(ObjectKey key) => _looks.Remove(key);

    /// <summary>Forgets everything.</summary>
    public void Clear() => _looks.Clear();

    /// <summary>Begins a look. What changes from now on is for the next one.</summary>
    /// <param name="key">The primary's key.</param>
    /// <param name="prior">What the look begins with; null to observe everything.</param>
    public Look Begin(ObjectKey key, out PriorLook? prior)
    {
        prior = _looks.TryGetValue(key, out var last) && last.Summary is { } summary ? new PriorLook(summary, last.Changed) : null;
        return _looks[key] = new Look();
    }

    /// <summary>Ends a look.</summary>
    /// <param name="key">The primary's key.</param>
    /// <param name="look">The look.</param>
    /// <param name="summary">What it found out; null if the next one is to observe everything.</param>
    public void End(ObjectKey key, Look look, PlanSummary? summary)
    {
        if (!_looks.TryGetValue(key, out var present) || present != look)
            return;
        if (summary is null)
            _looks.Remove(key);
        else
            look.Summary = summary;
    }

    /// <summary>One look at a primary.</summary>
    internal sealed class Look
    {
        /// <summary>What it found out; null while it is under way, and if it was broken off.</summary>
        public PlanSummary? Summary { get; set; }

        /// <summary>The parts that have changed since it began.</summary>
        public HashSet<string> Changed { get; } = new(StringComparer.Ordinal);
    }
}
