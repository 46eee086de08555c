using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Kinds.Tests;

public class RegistryTests
{
    [Theory]
    [InlineData("v1", "Namespace", "namespaces", "namespace", "ns", "", false)]
    [InlineData("v1", "Pod", "pods", "pod", "po", "all", true)]
    [InlineData("v1", "ReplicationController", "replicationcontrollers", "replicationcontroller", "rc", "all", true)]
    [InlineData("v1", "Service", "services", "service", "svc", "all", true)]
    [InlineData("v1", "Endpoints", "endpoints", "endpoints", "ep", "", true)]
    [InlineData("v1", "Node", "nodes", "node", "no", "", false)]
    [InlineData("v1", "Event", "events", "event", "ev", "", true)]
    [InlineData("v1", "ConfigMap", "configmaps", "configmap", "cm", "", true)]
    [InlineData("v1", "Secret", "secrets", "secret", "", "", true)]
    [InlineData("v1", "ServiceAccount", "serviceaccounts", "serviceaccount", "sa", "", true)]
    [InlineData("coordination.k8s.io/v1", "Lease", "leases", "lease", "", "", true)]
    [InlineData("networking.k8s.io/v1", "Ingress", "ingresses", "ingress", "ing", "", true)]
    [InlineData("networking.k8s.io/v1", "IngressClass", "ingressclasses", "ingressclass", "", "", false)]
    [InlineData("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", "networkpolicy", "netpol", "", true)]
    [InlineData("networking.k8s.io/v1", "IPAddress", "ipaddresses", "ipaddress", "ip", "", false)]
    [InlineData("networking.k8s.io/v1", "ServiceCIDR", "servicecidrs", "servicecidr", "", "", false)]
    [InlineData("rbac.authorization.k8s.io/v1", "Role", "roles", "role", "", "", true)]
    [InlineData("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", "clusterrole", "", "", false)]
    [InlineData("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", "rolebinding", "", "", true)]
    [InlineData("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", "clusterrolebinding", "", "", false)]
    [InlineData("certificates.k8s.io/v1", "CertificateSigningRequest", "certificatesigningrequests", "certificatesigningrequest", "csr", "", false)]
    [InlineData("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "mutatingwebhookconfiguration", "", "api-extensions", false)]
    [InlineData("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", "validatingwebhookconfiguration", "", "api-extensions", false)]
    [InlineData("apiregistration.k8s.io/v1", "APIService", "apiservices", "apiservice", "", "api-extensions", false)]
    [InlineData("node.k8s.io/v1", "RuntimeClass", "runtimeclasses", "runtimeclass", "", "", false)]
    [InlineData("storage.k8s.io/v1", "StorageClass", "storageclasses", "storageclass", "sc", "", false)]
    [InlineData("storage.k8s.io/v1", "VolumeAttachment", "volumeattachments", "volumeattachment", "", "", false)]
    [InlineData("storage.k8s.io/v1", "CSIDriver", "csidrivers", "csidriver", "", "", false)]
    [InlineData("storage.k8s.io/v1", "CSINode", "csinodes", "csinode", "", "", false)]
    [InlineData("storage.k8s.io/v1", "CSIStorageCapacity", "csistoragecapacities", "csistoragecapacity", "", "", true)]
    [InlineData("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", "flowschemas", "flowschema", "", "", false)]
    [InlineData("flowcontrol.apiserver.k8s.io/v1", "PriorityLevelConfiguration", "prioritylevelconfigurations", "prioritylevelconfiguration", "", "", false)]
    [InlineData("events.k8s.io/v1", "Event", "events", "event", "ev", "", true)]
    [InlineData("v1", "PodTemplate", "podtemplates", "podtemplate", "", "", true)]
    [InlineData("v1", "LimitRange", "limitranges", "limitrange", "limits", "", true)]
    [InlineData("v1", "ResourceQuota", "resourcequotas", "resourcequota", "quota", "", true)]
    [InlineData("v1", "PersistentVolume", "persistentvolumes", "persistentvolume", "pv", "", false)]
    [InlineData("v1", "PersistentVolumeClaim", "persistentvolumeclaims", "persistentvolumeclaim", "pvc", "", true)]
    [InlineData("apps/v1", "ReplicaSet", "replicasets", "replicaset", "rs", "all", true)]
    [InlineData("apps/v1", "Deployment", "deployments", "deployment", "deploy", "all", true)]
    [InlineData("apps/v1", "DaemonSet", "daemonsets", "daemonset", "ds", "all", true)]
    [InlineData("apps/v1", "StatefulSet", "statefulsets", "statefulset", "sts", "all", true)]
    [InlineData("apps/v1", "ControllerRevision", "controllerrevisions", "controllerrevision", "", "", true)]
    [InlineData("batch/v1", "Job", "jobs", "job", "", "all", true)]
    [InlineData("batch/v1", "CronJob", "cronjobs", "cronjob", "cj", "all", true)]
    [InlineData("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", "poddisruptionbudget", "pdb", "", true)]
    [InlineData("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", "priorityclass", "pc", "", false)]
    [InlineData("autoscaling/v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "horizontalpodautoscaler", "hpa", "all", true)]
    [InlineData("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "horizontalpodautoscaler", "hpa", "all", true)]
    public void Kind_IsServed_UnderItsNames(
        string apiVersion, string kind, string plural, string singular, string shortNames, string categories, bool namespaced)
    {
        var definition = BuiltInKinds.Registry.FindKind(apiVersion, kind).ShouldNotBeNull();

        definition.Plural.ShouldBe(plural);
        definition.Singular.ShouldBe(singular);
        definition.ListKind.ShouldBe(kind + "List");
        string.Join(',', definition.ShortNames).ShouldBe(shortNames);
        string.Join(',', definition.Categories).ShouldBe(categories);
        definition.Namespaced.ShouldBe(namespaced);
    }

    [Theory]
    [InlineData("pods", Durability.Durable, null)]
    [InlineData("events", Durability.WriteBehind, 3600)]
    public void Kind_Durability_IsDeclared(string plural, Durability durability, int? timeToLiveSeconds)
    {
        var definition = BuiltInKinds.Registry[new ResourceName(plural)];

        definition.Durability.ShouldBe(durability);
        definition.TimeToLive?.TotalSeconds.ShouldBe(timeToLiveSeconds!.Value);
    }

    [Fact]
    public void Lease_Durability_IsVolatile() =>
        BuiltInKinds.Registry[WellKnownResources.Leases].Durability.ShouldBe(Durability.Volatile);

    [Fact]
    public void Columns_OfEveryKind_HaveOneNameColumn()
    {
        foreach (var definition in BuiltInKinds.Registry.All)
            definition.Columns.Count(column => column.Format == "name").ShouldBe(1, definition.Kind);
    }

    [Fact]
    public void Columns_OfAnEmptyObject_HaveValues()
    {
        foreach (var definition in BuiltInKinds.Registry.All)
        {
            var empty = definition.Decode("{\"metadata\":{\"name\":\"x\"}}"u8);
            foreach (var column in definition.Columns)
                column.Value(empty, KindCase.Now).ShouldNotBeNull($"{definition.Kind} {column.Name}");
        }
    }

    [Fact]
    public void Rules_OfAnEmptyObject_FindFaultsAndDoNotFail()
    {
        foreach (var definition in BuiltInKinds.Registry.All)
        {
            var probe = new KindCase(definition.Plural, definition.Group);
            Should.NotThrow(() => probe.Created("{}"), definition.Kind);
            Should.NotThrow(() => probe.Faults("{}"), definition.Kind);
            Should.NotThrow(() => probe.UpdateFaults("{}", "{}"), definition.Kind);
            Should.NotThrow(() => probe.StatusFaults("{}", "{}"), definition.Kind);
            Should.NotThrow(() => definition.Claims(probe.Decode("{}")), definition.Kind);
            Should.NotThrow(() => definition.GracePeriodSeconds(probe.Decode("{}"), null), definition.Kind);
        }
    }
}
