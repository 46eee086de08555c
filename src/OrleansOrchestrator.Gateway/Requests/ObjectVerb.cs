using OrleansOrchestrator.ControlPlane.Authorization;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>A verb of objects themselves, and what is said of it elsewhere.</summary>
/// <param name="Name">One of <see cref="Verbs"/>.</param>
/// <param name="OnObject">Whether a request may name one object.</param>
/// <param name="OnCollection">Whether a request may name none.</param>
/// <param name="NeedsStore">Whether only objects that are stored have it.</param>
/// <param name="IsLongRunning">Whether a request lasts as long as its client wants.</param>
internal sealed record ObjectVerb(string Name, bool OnObject, bool OnCollection, bool NeedsStore = true, bool IsLongRunning = false)
{
    /// <summary>All of them, in the order in which discovery tells them.</summary>
    public static IReadOnlyList<ObjectVerb> All { get; } =
    [
        new(Verbs.Create, OnObject: false, OnCollection: true),
        new(Verbs.Delete, OnObject: true, OnCollection: false),
        new(Verbs.DeleteCollection, OnObject: false, OnCollection: true),
        new(Verbs.Get, OnObject: true, OnCollection: false, NeedsStore: false),
        new(Verbs.List, OnObject: false, OnCollection: true, NeedsStore: false),
        new(Verbs.Patch, OnObject: true, OnCollection: false),
        new(Verbs.Update, OnObject: true, OnCollection: false),

        // One object is followed through the deprecated /watch/ prefix.
        new(Verbs.Watch, OnObject: true, OnCollection: true, IsLongRunning: true),
    ];

    /// <summary>Finds a verb; null if objects do not have it.</summary>
    public static ObjectVerb? Find(string name)
    {
        foreach (var verb in All)
        {
            if (verb.Name == name)
                return verb;
        }

        return null;
    }
}
