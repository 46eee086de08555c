using System.Text;
using BenchmarkDotNet.Attributes;
using k8s.Models;
using OrleansOrchestrator.Documents.FieldManagement;
using OrleansOrchestrator.Documents.Patching;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;
using KubeObject = k8s.IKubernetesObject<k8s.Models.V1ObjectMeta>;

namespace OrleansOrchestrator.Benchmarks.Objects;

/// <summary>What the parts of the write pipeline cost for a typical pod: two containers with probes, resources, ports,
/// variables and mounts.</summary>
[MemoryDiagnoser]
public class PodPipelineBenchmark
{
    private const int Pods = 2_000;
    private static readonly DateTime Now = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly ResourceDefinition Definition = BuiltInKinds.Registry[WellKnownResources.Pods];
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-5d4f8","namespace":"default","labels":{"app":"web","tier":"front","pod-template-hash":"5d4f8"},
        "annotations":{"prometheus.io/scrape":"true","prometheus.io/port":"9090"}},"spec":{"serviceAccountName":"default","nodeSelector":{"kubernetes.io/os":"linux"},
        "containers":[{"name":"web","image":"registry.example.com/web:1.2.3","args":["--port=8080","--verbose"],"ports":[{"name":"http","containerPort":8080},{"name":"metrics","containerPort":9090}],
        "env":[{"name":"MODE","value":"production"},{"name":"POD_IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}},{"name":"PASSWORD","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}}],
        "resources":{"requests":{"cpu":"250m","memory":"128Mi"},"limits":{"cpu":"1","memory":"256Mi"}},
        "livenessProbe":{"httpGet":{"path":"/healthz","port":8080},"periodSeconds":5},"readinessProbe":{"httpGet":{"path":"/ready","port":8080}},
        "volumeMounts":[{"name":"config","mountPath":"/etc/web"},{"name":"cache","mountPath":"/var/cache/web"}]},
        {"name":"log-shipper","image":"registry.example.com/logs:4","resources":{"requests":{"cpu":"50m","memory":"32Mi"}},"volumeMounts":[{"name":"cache","mountPath":"/logs"}]}],
        "volumes":[{"name":"config","configMap":{"name":"web-config"}},{"name":"cache","emptyDir":{}}],
        "tolerations":[{"key":"dedicated","operator":"Equal","value":"web","effect":"NoSchedule"}]}}
        """);

    private static readonly byte[] Patch = """{"spec":{"containers":[{"name":"web","image":"registry.example.com/web:1.2.4"}]}}"""u8.ToArray();

    private byte[] _untracked = [];
    private byte[] _tracked = [];
    private byte[] _applied = [];
    private KubeObject _model = null!;

    [GlobalSetup]
    public void CreatePods()
    {
        _untracked = RevisionSplice.Set(Create(isTracked: false), 1);
        _tracked = RevisionSplice.Set(Create(isTracked: true), 1);
        _applied = RevisionSplice.Set(Apply(null, "benchmark"), 1);
        _model = Definition.Decode(_untracked);
    }

    [Benchmark(OperationsPerInvoke = Pods)]
    public void Decode() => Repeat(() => Definition.Decode(Body));

    [Benchmark(OperationsPerInvoke = Pods)]
    public void FindUnknownFields() => Repeat(() => StrictFields.Find(Body, typeof(V1Pod)));

    [Benchmark(OperationsPerInvoke = Pods)]
    public void DecodeAndDefault() => Repeat(() => Prepare(Definition.Decode(Body)));

    [Benchmark(OperationsPerInvoke = Pods)]
    public void Validate() => Repeat(() => Validate(_model));

    [Benchmark(OperationsPerInvoke = Pods)]
    public void Encode() => Repeat(() => Definition.Encode(_model));

    [Benchmark(OperationsPerInvoke = Pods)]
    public void PatchStrategically() => Repeat(() => Patched(_untracked));

    /// <summary>Decode, default, validate and encode: a creation by the control plane.</summary>
    [Benchmark(OperationsPerInvoke = Pods)]
    public void CreateUntracked() => Repeat(() => Create(isTracked: false));

    /// <summary>The same with managed fields: a creation by a client.</summary>
    [Benchmark(OperationsPerInvoke = Pods)]
    public void CreateTracked() => Repeat(() => Create(isTracked: true));

    /// <summary>A patch of a pod with managed fields, from the stored bytes to the new ones.</summary>
    [Benchmark(OperationsPerInvoke = Pods)]
    public void PatchTracked() => Repeat(() => Update(_tracked, Definition.Decode(Patched(_tracked))));

    /// <summary>A configuration applied to nothing.</summary>
    [Benchmark(OperationsPerInvoke = Pods)]
    public void ApplyNew() => Repeat(() => Apply(null, "benchmark"));

    /// <summary>A configuration applied again, which changes nothing.</summary>
    [Benchmark(OperationsPerInvoke = Pods)]
    public void ApplyAgain() => Repeat(() => Apply(_applied, "benchmark"));

    /// <summary>What <see cref="ApplyAgain"/> spends on merging and ownership alone.</summary>
    [Benchmark(OperationsPerInvoke = Pods)]
    public void MergeAndOwn() => Repeat(() => ServerSideApply.Apply(Definition.Storage, _applied, ApplyConfiguration.Read(Definition.Storage, Body), Writer("benchmark"), false));

    private static void Repeat(Func<object> part)
    {
        for (var i = 0; i < Pods; i++)
            part();
    }

    private static FieldWriter Writer(string manager) => new(manager, "", Now);

    private static KubeObject Prepare(KubeObject obj)
    {
        ObjectMetaRules.PrepareForCreate(Definition, obj, "default", Now);
        Definition.PrepareForCreate(obj);
        Definition.ApplyDefaults(obj);
        return obj;
    }

    private static KubeObject Validate(KubeObject obj)
    {
        var errors = new FieldErrors();
        ObjectMetaValidation.Validate(Definition, obj.Metadata, errors);
        Definition.Validate(obj, errors);
        return errors.IsEmpty ? obj : throw new InvalidOperationException(string.Join(", ", errors.All));
    }

    private static byte[] Create(bool isTracked)
    {
        var obj = Prepare(Definition.Decode(Body));
        if (isTracked)
            OwnershipTracking.OnCreate(Definition.Storage, obj, Writer("benchmark"));
        return Definition.Encode(Validate(obj));
    }

    private static byte[] Patched(byte[] stored) =>
        System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
            StrategicMergePatch.Apply(System.Text.Json.Nodes.JsonNode.Parse(stored)!, Patch, typeof(V1Pod)), ObjectCodec.Options);

    private static byte[] Update(byte[] stored, KubeObject updated)
    {
        var current = Definition.Decode(stored);
        ObjectMetaRules.PrepareForUpdate(Definition, updated, current, "default");
        Definition.ApplyDefaults(updated);
        Definition.PrepareForUpdate(updated, current);
        OwnershipTracking.OnUpdate(Definition.Storage, updated, StoredObject.Read(Definition, stored), Writer("patcher"));
        var errors = new FieldErrors();
        Definition.ValidateUpdate(updated, current, errors);
        return errors.IsEmpty ? Definition.Encode(updated) : throw new InvalidOperationException(string.Join(", ", errors.All));
    }

    private static byte[] Apply(byte[]? stored, string manager)
    {
        var configuration = ApplyConfiguration.Read(Definition.Storage, Body);
        var applied = ServerSideApply.Apply(
            Definition.Storage, stored is null ? (ReadOnlyMemory<byte>?)null : stored, configuration, Writer(manager), force: false);
        var obj = Definition.Decode(applied.Json.Span);
        applied.Complete(obj);
        if (stored is null)
            return Definition.Encode(Validate(Prepare(obj)));
        var current = Definition.Decode(stored);
        ObjectMetaRules.PrepareForUpdate(Definition, obj, current, "default");
        Definition.ApplyDefaults(obj);
        Definition.PrepareForUpdate(obj, current);
        return Definition.Encode(Validate(obj));
    }
}
