using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>The warnings about pods and pod templates.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/api/pod/warnings.go.</remarks>
internal static class PodWarnings
{
    private const string NullSelector = "a null labelSelector results in matching no pod";

    private static readonly (string Key, string Text)[] DeprecatedAnnotations =
    [
        ("scheduler.alpha.kubernetes.io/critical-pod", "non-functional in v1.16+; use the \"priorityClassName\" field instead"),
        ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
        ("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    ];

    private static readonly (string Field, Func<V1Volume, object?> Source, string Text)[] DeprecatedVolumes =
    [
        ("photonPersistentDisk", volume => volume.PhotonPersistentDisk, "deprecated in v1.11, non-functional in v1.16+"),
        ("gitRepo", volume => volume.GitRepo, "deprecated in v1.11"),
        ("scaleIO", volume => volume.ScaleIO, "deprecated in v1.16, non-functional in v1.22+"),
        ("flocker", volume => volume.Flocker, "deprecated in v1.22, non-functional in v1.25+"),
        ("storageOS", volume => volume.Storageos, "deprecated in v1.22, non-functional in v1.25+"),
        ("quobyte", volume => volume.Quobyte, "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", volume => volume.Glusterfs, "deprecated in v1.25, non-functional in v1.26+"),
        ("cephfs", volume => volume.Cephfs, "deprecated in v1.28, non-functional in v1.31+"),
        ("rbd", volume => volume.Rbd, "deprecated in v1.28, non-functional in v1.31+"),
    ];

    private static readonly string[] ByteResources = ["memory", "ephemeral-storage"];

    /// <summary>Adds the warnings about an object's pod template, if the object's desired state changes.</summary>
    public static void AddTemplate(KubeObject owner, KubeObject? current, V1PodTemplateSpec? template, FieldPath path, List<string> warnings)
    {
        if (template is not null && (current is null || owner.Metadata.Generation != current.Metadata.Generation))
            Add(template.Spec, template.Metadata, path, warnings);
    }

    /// <summary>Warns of a name that is not a valid host name.</summary>
    public static void AddName(V1ObjectMeta metadata, string use, List<string> warnings)
    {
        if (NameRules.IsDns1123Label(metadata.Name ?? "") is { Count: > 0 } faults)
            warnings.Add($"metadata.name: this is used in {use}, which can result in surprising behavior; a DNS label is recommended: [{string.Join(' ', faults)}]");
    }

    /// <summary>Adds the warnings about a pod or a template.</summary>
    /// <param name="spec">Its spec.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <param name="path">The path of the template; null for a pod.</param>
    /// <param name="warnings">Receives the warnings.</param>
    public static void Add(V1PodSpec? spec, V1ObjectMeta? metadata, FieldPath? path, List<string> warnings)
    {
        if (spec is null)
            return;
        var at = path?.Child("spec") ?? FieldPath.Spec;
        var annotations = (path?.Child("metadata") ?? FieldPath.Metadata).Child("annotations");
        AddPlacement(spec, at, warnings);
        foreach (var (key, text) in DeprecatedAnnotations)
        {
            if (Has(metadata, key))
                warnings.Add($"{annotations.Key(key)}: {text}");
        }

        AddVolumes(spec, at.Child("volumes"), warnings);
        AddDuplicates(spec.HostAliases.OrNone(), alias => alias.Ip, "ip", at.Child("hostAliases"), warnings);
        AddDuplicates(spec.ImagePullSecrets.OrNone(), secret => secret.Name, "name", at.Child("imagePullSecrets"), warnings);
        for (var i = 0; i < spec.ImagePullSecrets.OrNone().Count; i++)
        {
            if (string.IsNullOrEmpty(spec.ImagePullSecrets[i].Name))
                warnings.Add($"{at.Child("imagePullSecrets").Index(i).Child("name")}: invalid empty name \"\"");
        }

        AddFractions(spec.Overhead, at.Child("overhead"), warnings);
        if (spec.SecurityContext?.SeccompProfile is null && Has(metadata, SeccompPod))
            warnings.Add($"{annotations.Key(SeccompPod)}: non-functional in v1.27+; use the \"seccompProfile\" field instead");
        var containers = Containers(spec, at).ToList();
        foreach (var container in containers)
            AddContainer(container, spec, metadata, annotations, isTemplate: path is not null, warnings);
        AddPorts(containers, warnings);
        if (spec.TerminationGracePeriodSeconds < 0)
            warnings.Add($"{at.Child("terminationGracePeriodSeconds")}: must be >= 0; negative values are invalid and will be treated as 1");
        AddAffinity(spec.Affinity, at.Child("affinity"), warnings);
    }

    private const string SeccompPod = "seccomp.security.alpha.kubernetes.io/pod";

    /// <summary>The fields of any kind of container that the warnings read.</summary>
    private sealed record Container(
        string Name, IList<V1EnvVar>? Env, IList<V1ContainerPort>? Ports, V1ResourceRequirements? Resources, V1SecurityContext? Security, FieldPath Path);

    private static IEnumerable<Container> Containers(V1PodSpec spec, FieldPath at)
    {
        for (var i = 0; i < spec.InitContainers.OrNone().Count; i++)
            yield return Of(spec.InitContainers[i], at.Child("initContainers").Index(i));
        for (var i = 0; i < spec.Containers.OrNone().Count; i++)
            yield return Of(spec.Containers[i], at.Child("containers").Index(i));
        for (var i = 0; i < spec.EphemeralContainers.OrNone().Count; i++)
        {
            var one = spec.EphemeralContainers[i];
            yield return new Container(one.Name, one.Env, one.Ports, one.Resources, one.SecurityContext, at.Child("ephemeralContainers").Index(i));
        }

        static Container Of(V1Container one, FieldPath path) => new(one.Name, one.Env, one.Ports, one.Resources, one.SecurityContext, path);
    }

    private static void AddPlacement(V1PodSpec spec, FieldPath at, List<string> warnings)
    {
        foreach (var key in spec.NodeSelector.OrNone().Keys)
            NodeLabelWarnings.Add(key, at.Child("nodeSelector").Key(key).ToString(), warnings);
        if (spec.Affinity?.NodeAffinity is { } affinity)
        {
            var path = at.Child("affinity.nodeAffinity");
            NodeLabelWarnings.Add(
                affinity.RequiredDuringSchedulingIgnoredDuringExecution, path.Child("requiredDuringSchedulingIgnoredDuringExecution"), warnings);
            var preferred = affinity.PreferredDuringSchedulingIgnoredDuringExecution.OrNone();
            for (var i = 0; i < preferred.Count; i++)
            {
                NodeLabelWarnings.Add(
                    preferred[i].Preference, path.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i).Child("preference"), warnings);
            }
        }

        for (var i = 0; i < spec.TopologySpreadConstraints.OrNone().Count; i++)
        {
            var (constraint, path) = (spec.TopologySpreadConstraints[i], at.Child("topologySpreadConstraints").Index(i));
            NodeLabelWarnings.AddUse(constraint.TopologyKey, path.Child("topologyKey"), warnings);
            if (constraint.LabelSelector is null)
                warnings.Add($"{path.Child("labelSelector")}: {NullSelector}");
        }
    }

    private static void AddVolumes(V1PodSpec spec, FieldPath at, List<string> warnings)
    {
        var volumes = spec.Volumes.OrNone();
        for (var i = 0; i < volumes.Count; i++)
        {
            foreach (var (field, source, text) in DeprecatedVolumes)
            {
                if (source(volumes[i]) is not null)
                    warnings.Add($"{at.Index(i).Child(field)}: {text}");
            }

            VolumeWarnings.AddClaim(volumes[i].Ephemeral?.VolumeClaimTemplate?.Spec, at.Index(i).Child("ephemeral.volumeClaimTemplate.spec"), warnings);
        }

        var tokens = volumes
            .SelectMany(volume => (volume.Projected?.Sources).OrNone())
            .Select(source => source.ServiceAccountToken?.Path)
            .Where(path => path is not null)
            .ToHashSet(StringComparer.Ordinal);
        for (var i = 0; tokens.Count > 0 && i < volumes.Count; i++)
        {
            var sources = at.Index(i).Child("projected.sources");
            foreach (var source in (volumes[i].Projected?.Sources).OrNone())
            {
                AddTokenPaths((source.ConfigMap?.Items).OrNone().Select(item => item.Path), sources.Child("configMap"));
                AddTokenPaths((source.Secret?.Items).OrNone().Select(item => item.Path), sources.Child("secrets"));
                AddTokenPaths((source.DownwardAPI?.Items).OrNone().Select(item => item.Path), sources.Child("downwardAPI"));
                if (source.ClusterTrustBundle is { } bundle && tokens.Contains(bundle.Path))
                    warnings.Add($"{sources.Child("ClusterTrustBundle")}: has duplicated path with ServiceAccountToken \"{bundle.Path}\"");
            }
        }

        void AddTokenPaths(IEnumerable<string> paths, FieldPath path)
        {
            foreach (var (i, taken) in paths.Index())
            {
                if (tokens.Contains(taken))
                    warnings.Add($"{path.Index(i)}: has duplicated path with ServiceAccountToken \"{taken}\"");
            }
        }
    }

    private static void AddDuplicates<T>(IList<T> items, Func<T, string?> keyOf, string field, FieldPath at, List<string> warnings)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < items.Count; i++)
        {
            if (!seen.Add(keyOf(items[i]) ?? ""))
                warnings.Add($"{at.Index(i).Child(field)}: duplicate {field} \"{keyOf(items[i])}\"");
        }
    }

    /// <summary>Warns of amounts of bytes that are not whole numbers.</summary>
    private static void AddFractions(IDictionary<string, ResourceQuantity>? amounts, FieldPath at, List<string> warnings)
    {
        foreach (var name in ByteResources)
        {
            if (amounts.OrNone().TryGetValue(name, out var amount))
                ResourceAmountRules.WarnOfFraction(amount, at.Key(name), warnings);
        }
    }

    private static void AddContainer(
        Container container, V1PodSpec spec, V1ObjectMeta? metadata, FieldPath annotations, bool isTemplate, List<string> warnings)
    {
        var seccomp = $"container.seccomp.security.alpha.kubernetes.io/{container.Name}";
        if (container.Security?.SeccompProfile is null && Has(metadata, seccomp))
            warnings.Add($"{annotations.Key(seccomp)}: non-functional in v1.27+; use the \"seccompProfile\" field instead");
        var appArmor = $"container.apparmor.security.beta.kubernetes.io/{container.Name}";
        if (isTemplate && spec.SecurityContext?.AppArmorProfile is null && container.Security?.AppArmorProfile is null && Has(metadata, appArmor))
            warnings.Add($"{annotations.Key(appArmor)}: deprecated since v1.30; use the \"appArmorProfile\" field instead");
        foreach (var resource in ByteResources)
        {
            AddOne(container.Resources?.Limits, "limits", resource);
            AddOne(container.Resources?.Requests, "requests", resource);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < container.Env.OrNone().Count; i++)
        {
            // A later value may refer to the earlier one, as in PATH=/x:$(PATH).
            var variable = container.Env![i];
            var reference = $"$({variable.Name})";
            var builds = variable.ValueFrom is null && variable.Value != reference && variable.Value?.Contains(reference, StringComparison.Ordinal) is true;
            if (!names.Add(variable.Name ?? "") && !builds)
                warnings.Add($"{container.Path.Child("env").Index(i)}: hides previous definition of \"{variable.Name}\", which may be dropped when using apply");
        }

        void AddOne(IDictionary<string, ResourceQuantity>? amounts, string field, string resource)
        {
            if (amounts.OrNone().TryGetValue(resource, out var amount))
                ResourceAmountRules.WarnOfFraction(amount, container.Path.Child("resources").Child(field).Key(resource), warnings);
        }
    }

    private static void AddPorts(IEnumerable<Container> containers, List<string> warnings)
    {
        var known = new Dictionary<(int, string?), List<(V1ContainerPort Port, FieldPath Path)>>();
        foreach (var container in containers)
        {
            for (var i = 0; i < container.Ports.OrNone().Count; i++)
            {
                var (port, path) = (container.Ports![i], container.Path.Child("ports").Index(i));
                if (!string.IsNullOrEmpty(port.HostIP) && port.HostPort is null or 0)
                    warnings.Add($"{path}: hostIP set without hostPort: {Text(port)}");
                if (!known.TryGetValue((port.ContainerPort, port.Protocol), out var others))
                    known[(port.ContainerPort, port.Protocol)] = others = [];
                foreach (var (other, otherPath) in others)
                {
                    if (FaultOf(port, other) is { } fault)
                        warnings.Add($"{path}: {fault} with {otherPath}");
                }

                others.Add((port, path));
            }
        }
    }

    private static string? FaultOf(V1ContainerPort port, V1ContainerPort other)
    {
        var (hostPort, otherHostPort) = (port.HostPort ?? 0, other.HostPort ?? 0);
        if (port.HostIP.Or("") == other.HostIP.Or("") && hostPort == otherHostPort)
            return "duplicate port definition";
        if (hostPort == 0 || otherHostPort == 0)
            return "overlapping port definition";
        return hostPort == otherHostPort && string.IsNullOrEmpty(port.HostIP) != string.IsNullOrEmpty(other.HostIP)
            ? "dangerously ambiguous port definition"
            : null;
    }

    private static string Text(V1ContainerPort port) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{Name:{port.Name} HostPort:{port.HostPort ?? 0} ContainerPort:{port.ContainerPort} Protocol:{port.Protocol} HostIP:{port.HostIP}}}");

    private static void AddAffinity(V1Affinity? affinity, FieldPath at, List<string> warnings)
    {
        AddTerms(
            affinity?.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution,
            affinity?.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution,
            at.Child("podAffinity"));
        AddTerms(
            affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution,
            affinity?.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution,
            at.Child("podAntiAffinity"));

        void AddTerms(IList<V1PodAffinityTerm>? required, IList<V1WeightedPodAffinityTerm>? preferred, FieldPath path)
        {
            for (var i = 0; i < required.OrNone().Count; i++)
            {
                if (required![i].LabelSelector is null)
                    warnings.Add($"{path.Child("requiredDuringSchedulingIgnoredDuringExecution").Index(i).Child("labelSelector")}: {NullSelector}");
            }

            for (var i = 0; i < preferred.OrNone().Count; i++)
            {
                if (preferred![i].PodAffinityTerm?.LabelSelector is null)
                    warnings.Add($"{path.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i).Child("podAffinityTerm.labelSelector")}: {NullSelector}");
            }
        }
    }

    private static bool Has(V1ObjectMeta? metadata, string annotation) => metadata?.Annotations?.ContainsKey(annotation) is true;
}
