using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Sources;

/// <summary>Tells the pods that the API assigns to this node from the mirror pods, which only show what the node runs anyway.</summary>
/// <param name="pods">Runs the pods.</param>
/// <param name="mirrors">Keeps the mirror pods.</param>
internal sealed class AssignedPods(IObjectSink<V1Pod> pods, IObjectSink<V1Pod> mirrors) : IObjectSink<V1Pod>
{
    public void Replace(IReadOnlyCollection<V1Pod> objects)
    {
        mirrors.Replace([.. objects.Where(pod => pod.IsMirror)]);
        pods.Replace([.. objects.Where(pod => !pod.IsMirror).Select(WithoutClaims)]);
    }

    public void Upsert(V1Pod obj)
    {
        if (obj.IsMirror)
            mirrors.Upsert(obj);
        else
            pods.Upsert(WithoutClaims(obj));
    }

    public void Delete(V1Pod obj)
    {
        if (obj.IsMirror)
            mirrors.Delete(obj);
        else
            pods.Delete(obj);
    }

    /// <summary>A pod of the API cannot say that the node found it: static pods have privileges.</summary>
    private static V1Pod WithoutClaims(V1Pod pod)
    {
        if (pod.IsStatic)
            pod.Metadata.Annotations.Remove(StaticPods.SourceAnnotation);
        return pod;
    }
}
