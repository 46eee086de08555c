using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Volumes;

/// <summary>A finalizer that stays on an object as long as something uses the object.</summary>
internal static class ProtectionFinalizer
{
    /// <summary>
    /// Adds the finalizer to an object that lacks it, which admission gives to new ones, and takes it from an object that is to be
    /// deleted and not used.
    /// </summary>
    public static Plan Keep<T>(ResourceName resource, T obj, string finalizer, bool isUsed)
        where T : class, KubeObject
    {
        var isHeld = obj.HasFinalizer(finalizer);
        if (isHeld != obj.IsDeleting || (isHeld && isUsed))
            return Plan.Nothing;
        return Change(resource, obj, finalizers => isHeld ? finalizers.Where(one => one != finalizer) : finalizers.Append(finalizer));
    }

    /// <summary>Takes a finalizer from an object.</summary>
    public static Plan Remove<T>(ResourceName resource, T obj, string finalizer)
        where T : class, KubeObject => Change(resource, obj, finalizers => finalizers.Where(one => one != finalizer));

    private static Plan Change<T>(ResourceName resource, T obj, Func<IEnumerable<string>, IEnumerable<string>> change)
        where T : class, KubeObject
    {
        var changed = ObjectCodec.Clone(obj);
        changed.Metadata.Finalizers = [.. change(changed.Metadata.Finalizers ?? [])];
        return new Plan { Actions = [new UpdateObject(resource, changed)] };
    }
}
