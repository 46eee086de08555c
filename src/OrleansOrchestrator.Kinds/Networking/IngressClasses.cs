using k8s.Models;

namespace OrleansOrchestrator.Kinds.Networking;

/// <summary>What classes of ingresses mean, and which ingresses the gateways of this cluster serve.</summary>
/// <remarks>See https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class.</remarks>
public static class IngressClasses
{
    /// <summary>The controller of classes whose ingresses the gateways serve.</summary>
    public const string Controller = "orleansorchestrator.io/ingress-controller";

    /// <summary>The name of the class that a cluster gets with its first gateway for ingresses.</summary>
    public const string ClassName = "orchestrator";

    /// <summary>The annotation of the class of ingresses that do not name one.</summary>
    public const string DefaultAnnotation = "ingressclass.kubernetes.io/is-default-class";

    /// <summary>The annotation by which old ingresses name their class.</summary>
    public const string ClassAnnotation = "kubernetes.io/ingress.class";

    extension(V1IngressClass type)
    {
        /// <summary>Whether ingresses that do not name a class get this one.</summary>
        public bool IsDefault => type.Metadata?.Annotations?.TryGetValue(DefaultAnnotation, out var value) is true && value == "true";

        /// <summary>Whether the gateways serve the ingresses of this class.</summary>
        public bool IsOfGateways => type.Spec?.Controller == Controller;
    }

    extension(V1Ingress ingress)
    {
        /// <summary>The class that an ingress names, in its spec or in the old annotation; null if it names none.</summary>
        public string? NamedClass => ingress.Spec?.IngressClassName
            ?? (ingress.Metadata?.Annotations?.TryGetValue(ClassAnnotation, out var annotated) is true ? annotated : null);
    }

    /// <summary>The class of ingresses that do not name one: of several default classes the newest.</summary>
    public static V1IngressClass? DefaultOf(IEnumerable<V1IngressClass> classes) => classes
        .Where(type => type.IsDefault)
        .OrderByDescending(type => type.Metadata.CreationTimestamp ?? DateTime.MinValue)
        .ThenBy(type => type.Metadata.Name, StringComparer.Ordinal)
        .FirstOrDefault();

    /// <summary>Whether the gateways serve an ingress: its class is of theirs, or it has none and the default class is.</summary>
    public static bool IsServed(V1Ingress ingress, IReadOnlyCollection<V1IngressClass> classes)
    {
        var type = ingress.NamedClass is { } name ? classes.FirstOrDefault(type => type.Metadata.Name == name) : DefaultOf(classes);
        return type is { IsOfGateways: true };
    }

    /// <summary>The class of the gateways, for a cluster that has none.</summary>
    /// <param name="isDefault">Whether ingresses that do not name a class get it.</param>
    public static V1IngressClass ClassOf(bool isDefault) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = ClassName,
            Annotations = isDefault ? new Dictionary<string, string> { [DefaultAnnotation] = "true" } : null,
        },
        Spec = new V1IngressClassSpec { Controller = Controller },
    };
}
