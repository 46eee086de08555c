using k8s.Models;
using OrleansOrchestrator.Controllers.Namespaces;
using OrleansOrchestrator.Kinds.Core.Pods;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Gives a new pod what belongs to its service account: a volume with a token for the API, and secrets for registries.</summary>
/// <remarks>See the admission plug-in ServiceAccount, k8s.io/kubernetes/plugin/pkg/admission/serviceaccount.</remarks>
internal sealed class ServiceAccountAdmission(AdmissionReader reader, TimeProvider timeProvider) : IMutatingAdmission
{
    private const string VolumePrefix = "kube-api-access-";
    private const string MountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
    // An hour, and a few seconds by which Kubernetes knows tokens of its own volumes.
    private const long TokenSeconds = 3607;
    // 0644.
    private const int FileMode = 420;

    // A namespace that was just created gets its account in milliseconds.
    private const int LooksMax = 10;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    public string Name => "ServiceAccount";

    public bool Handles(AdmissionRequest request) =>
        request is { Operation: AdmissionOperation.Create, Subresource: "", Object: V1Pod { Spec: not null } };

    public async ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var pod = (V1Pod)request.Object!;
        var spec = pod.Spec;
        if (pod.IsMirror)
        {
            // Its node runs it as it is.
            RefuseReferences(request, spec);
            return request;
        }

        var account = await FindAsync(request, spec.ServiceAccountName, cancellationToken);
        if ((spec.AutomountServiceAccountToken ?? account.AutomountServiceAccountToken) is not false)
            Mount(spec);
        if (spec.ImagePullSecrets is not { Count: > 0 } && account.ImagePullSecrets is { Count: > 0 } secrets)
            spec.ImagePullSecrets = [.. secrets];
        return request;
    }

    private static void RefuseReferences(AdmissionRequest request, V1PodSpec spec)
    {
        var fault = !string.IsNullOrEmpty(spec.ServiceAccountName) ? "a mirror pod may not reference service accounts"
            : ApiObjectReferences.HasSecret(spec) ? "a mirror pod may not reference secrets"
            : spec.Volumes?.Any(volume => volume.Projected?.Sources?.Any(source => source.ServiceAccountToken is not null) is true) is true
                ? "a mirror pod may not use ServiceAccountToken volume projections"
            : null;
        if (fault is not null)
            throw ApiErrors.Forbidden(WellKnownResources.Pods, request.Key.Name, fault);
    }

    private async ValueTask<V1ServiceAccount> FindAsync(AdmissionRequest request, string name, CancellationToken cancellationToken)
    {
        var key = new ObjectKey(request.Key.Namespace, name);
        for (var look = 0; look < LooksMax; look++)
        {
            if (look > 0)
                await timeProvider.DelayAsync(LookInterval, cancellationToken);
            if (await reader.FindAsync(WellKnownResources.ServiceAccounts, key, cancellationToken) is { } found)
                return found.SharedModel<V1ServiceAccount>();
        }

        throw ApiErrors.Forbidden(
            WellKnownResources.Pods, request.Key.Name, $"error looking up service account {key.Namespace}/{name}: serviceaccount \"{name}\" not found");
    }

    private static void Mount(V1PodSpec spec)
    {
        V1Volume? volume = null;
        foreach (var container in (spec.InitContainers ?? []).Concat(spec.Containers ?? []))
        {
            if (container.VolumeMounts?.Any(mount => mount.MountPath == MountPath) is true)
                continue;
            volume ??= VolumeOf(spec);
            container.VolumeMounts = [.. container.VolumeMounts ?? [], new V1VolumeMount { Name = volume.Name, MountPath = MountPath, ReadOnlyProperty = true }];
        }
    }

    private static V1Volume VolumeOf(V1PodSpec spec)
    {
        if (spec.Volumes?.FirstOrDefault(volume => volume.Name?.StartsWith(VolumePrefix, StringComparison.Ordinal) is true) is { } present)
            return present;
        var made = new V1Volume
        {
            Name = NameGenerator.Generate(VolumePrefix),
            Projected = new V1ProjectedVolumeSource
            {
                DefaultMode = FileMode,
                Sources =
                [
                    new V1VolumeProjection { ServiceAccountToken = new V1ServiceAccountTokenProjection { ExpirationSeconds = TokenSeconds, Path = "token" } },
                    new V1VolumeProjection
                    {
                        ConfigMap = new V1ConfigMapProjection
                        {
                            Name = RootCertificateReconciler.ConfigMapName,
                            Items = [new V1KeyToPath { Key = RootCertificateReconciler.Key, Path = "ca.crt" }],
                        },
                    },
                    new V1VolumeProjection
                    {
                        DownwardAPI = new V1DownwardAPIProjection
                        {
                            Items = [new V1DownwardAPIVolumeFile { Path = "namespace", FieldRef = new V1ObjectFieldSelector { ApiVersion = "v1", FieldPath = "metadata.namespace" } }],
                        },
                    },
                ],
            },
        };
        spec.Volumes = [.. spec.Volumes ?? [], made];
        return made;
    }
}
