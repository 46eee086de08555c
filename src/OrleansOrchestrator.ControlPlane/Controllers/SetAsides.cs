using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>
/// The objects that a controller which looks at all of them in rounds leaves out for a while, each with a back-off of its own,
/// because their writes are refused for what they are: so they take no part of what a round may write. Belongs to one grain.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class SetAsides(TimeProvider time)
{
    private static readonly Backoff Wait = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    private static readonly TimeSpan RememberedFor = TimeSpan.FromMinutes(10);

    private readonly Dictionary<(ResourceName Resource, ObjectKey Key), (int Failures, DateTimeOffset Until)> _objects = [];

    /// <summary>Whether an object is left out for now.</summary>
    public bool Contains((ResourceName Resource, ObjectKey Key) id) => _objects.TryGetValue(id, out var aside) && time.GetUtcNow() < aside.Until;

    /// <summary>Takes note of a round.</summary>
    /// <param name="written">The objects that were to be written.</param>
    /// <param name="refused">Those of them that were not, and why.</param>
    public void Note(
        IEnumerable<(ResourceName Resource, ObjectKey Key)> written, IReadOnlyDictionary<(ResourceName Resource, ObjectKey Key), ApiException> refused)
    {
        var now = time.GetUtcNow();
        foreach (var id in written)
        {
            if (!refused.TryGetValue(id, out var why) || !ObjectFaults.IsOfTheObject(why))
            {
                _objects.Remove(id);
                continue;
            }

            var failures = _objects.GetValueOrDefault(id).Failures + 1;
            _objects[id] = (failures, Waits.After(now, Wait.After(failures)));
        }

        // Those that nobody wants to write any more are gone, or have come right by themselves.
        foreach (var (id, aside) in _objects)
        {
            if (now - aside.Until > RememberedFor)
                _objects.Remove(id);
        }
    }
}
