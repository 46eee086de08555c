using OrleansOrchestrator.ControlPlane.Authorization;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>A verb of objects and its properties.</summary>
/// <param name="Name">One of <see cref="Verbs"/>.</param>
/// <param name="OnObject">Whether it applies to a named object.</param>
/// <param name="OnCollection">Whether it applies to a collection.</param>
/// <param name="NeedsStore">Whether it applies only to stored kinds.</param>
/// <param name="IsLongRunning">Whether its requests are long-running.</param>
internal sealed record ObjectVerb(string Name, bool OnObject, bool OnCollection, bool NeedsStore = true, bool IsLongRunning = false)
{
    /// <summary>All verbs in the order of discovery.</summary>
    public static IReadOnlyList<ObjectVerb> All { get; } =
    [
        new(Verbs.Create, OnObject: false, OnCollection: true),
        new(Verbs.Delete, OnObject: true, OnCollection: false),
        new(Verbs.DeleteCollection, OnObject: false, OnCollection: true),
        new(Verbs.Get, OnObject: true, OnCollection: false, NeedsStore: false),
        new(Verbs.List, OnObject: false, OnCollection: true, NeedsStore: false),
        new(Verbs.Patch, OnObject: true, OnCollection: false),
        new(Verbs.Update, OnObject: true, OnCollection: false),

        // Watching one object works through the deprecated /watch/ prefix.
        new(Verbs.Watch, OnObject: true, OnCollection: true, IsLongRunning: true),
    ];

    /// <summary>Finds a verb; null if there is none of that name.</summary>
    public static ObjectVerb? Find(string name)
    {
        // By index: each request asks several times, and the enumerator of a list behind an interface is an allocation.
        for (var i = 0; i < All.Count; i++)
        {
            if (All[i].Name == name)
                return All[i];
        }

        return null;
    }
}
