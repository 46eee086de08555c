using k8s.Models;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>The table cells of kinds that have a pod template.</summary>
internal static class ContainerCells
{
    public static string Names(V1PodTemplateSpec? template) =>
        string.Join(',', (template?.Spec?.Containers).OrNone().Select(container => container.Name));

    public static string Images(V1PodTemplateSpec? template) =>
        string.Join(',', (template?.Spec?.Containers).OrNone().Select(container => container.Image));
}
