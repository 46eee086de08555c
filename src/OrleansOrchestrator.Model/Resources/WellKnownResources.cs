namespace OrleansOrchestrator.Model.Resources;

/// <summary>The names of the resources that the control plane uses.</summary>
public static class WellKnownResources
{
    /// <summary>Pods.</summary>
    public static readonly ResourceName Pods = new("pods");

    /// <summary>Nodes.</summary>
    public static readonly ResourceName Nodes = new("nodes");

    /// <summary>Services.</summary>
    public static readonly ResourceName Services = new("services");

    /// <summary>Endpoints.</summary>
    public static readonly ResourceName Endpoints = new("endpoints");

    /// <summary>Namespaces.</summary>
    public static readonly ResourceName Namespaces = new("namespaces");

    /// <summary>Requests of certificates.</summary>
    public static readonly ResourceName CertificateSigningRequests = new("certificatesigningrequests", "certificates.k8s.io");

    /// <summary>Replication controllers.</summary>
    public static readonly ResourceName ReplicationControllers = new("replicationcontrollers");

    /// <summary>ReplicaSets.</summary>
    public static readonly ResourceName ReplicaSets = new("replicasets", "apps");

    /// <summary>Deployments.</summary>
    public static readonly ResourceName Deployments = new("deployments", "apps");

    /// <summary>Daemon sets.</summary>
    public static readonly ResourceName DaemonSets = new("daemonsets", "apps");

    /// <summary>Stateful sets.</summary>
    public static readonly ResourceName StatefulSets = new("statefulsets", "apps");

    /// <summary>Snapshots of what daemon sets and stateful sets wanted.</summary>
    public static readonly ResourceName ControllerRevisions = new("controllerrevisions", "apps");

    /// <summary>Claims to volumes.</summary>
    public static readonly ResourceName PersistentVolumeClaims = new("persistentvolumeclaims");

    /// <summary>Volumes that outlive pods.</summary>
    public static readonly ResourceName PersistentVolumes = new("persistentvolumes");

    /// <summary>Classes of such volumes.</summary>
    public static readonly ResourceName StorageClasses = new("storageclasses", "storage.k8s.io");

    /// <summary>Attachments of volumes to nodes.</summary>
    public static readonly ResourceName VolumeAttachments = new("volumeattachments", "storage.k8s.io");

    /// <summary>The storage drivers of nodes.</summary>
    public static readonly ResourceName CsiNodes = new("csinodes", "storage.k8s.io");

    /// <summary>Rules by which HTTP requests from outside reach services.</summary>
    public static readonly ResourceName Ingresses = new("ingresses", "networking.k8s.io");

    /// <summary>Classes of such rules.</summary>
    public static readonly ResourceName IngressClasses = new("ingressclasses", "networking.k8s.io");

    /// <summary>Jobs.</summary>
    public static readonly ResourceName Jobs = new("jobs", "batch");

    /// <summary>Cron jobs.</summary>
    public static readonly ResourceName CronJobs = new("cronjobs", "batch");

    /// <summary>Leases, which carry node heartbeats.</summary>
    public static readonly ResourceName Leases = new("leases", "coordination.k8s.io");

    /// <summary>Events.</summary>
    public static readonly ResourceName Events = new("events");

    /// <summary>Config maps.</summary>
    public static readonly ResourceName ConfigMaps = new("configmaps");

    /// <summary>Secrets.</summary>
    public static readonly ResourceName Secrets = new("secrets");

    /// <summary>Service accounts.</summary>
    public static readonly ResourceName ServiceAccounts = new("serviceaccounts");

    /// <summary>Quotas of namespaces.</summary>
    public static readonly ResourceName ResourceQuotas = new("resourcequotas");

    /// <summary>Limits of single pods, containers and claims.</summary>
    public static readonly ResourceName LimitRanges = new("limitranges");

    /// <summary>Runtime classes.</summary>
    public static readonly ResourceName RuntimeClasses = new("runtimeclasses", "node.k8s.io");

    /// <summary>Priority classes.</summary>
    public static readonly ResourceName PriorityClasses = new("priorityclasses", "scheduling.k8s.io");

    /// <summary>Disruption budgets.</summary>
    public static readonly ResourceName PodDisruptionBudgets = new("poddisruptionbudgets", "policy");

    /// <summary>Roles in a namespace.</summary>
    public static readonly ResourceName Roles = new("roles", "rbac.authorization.k8s.io");

    /// <summary>Grants of roles in a namespace.</summary>
    public static readonly ResourceName RoleBindings = new("rolebindings", "rbac.authorization.k8s.io");

    /// <summary>Roles in the whole cluster.</summary>
    public static readonly ResourceName ClusterRoles = new("clusterroles", "rbac.authorization.k8s.io");

    /// <summary>Grants of roles in the whole cluster.</summary>
    public static readonly ResourceName ClusterRoleBindings = new("clusterrolebindings", "rbac.authorization.k8s.io");

    /// <summary>Definitions of custom resources.</summary>
    public static readonly ResourceName CustomResourceDefinitions = new("customresourcedefinitions", "apiextensions.k8s.io");

    /// <summary>Addresses that services hold.</summary>
    public static readonly ResourceName IPAddresses = new("ipaddresses", "networking.k8s.io");

    /// <summary>Ranges of service addresses.</summary>
    public static readonly ResourceName ServiceCIDRs = new("servicecidrs", "networking.k8s.io");

    /// <summary>Slices of endpoints.</summary>
    public static readonly ResourceName EndpointSlices = new("endpointslices", "discovery.k8s.io");

    /// <summary>Autoscalers.</summary>
    public static readonly ResourceName HorizontalPodAutoscalers = new("horizontalpodautoscalers", "autoscaling");

    /// <summary>What pods use.</summary>
    public static readonly ResourceName PodMetrics = new("pods", "metrics.k8s.io");

    /// <summary>What nodes use.</summary>
    public static readonly ResourceName NodeMetrics = new("nodes", "metrics.k8s.io");

    /// <summary>Says who serves a version of an API group.</summary>
    public static readonly ResourceName APIServices = new("apiservices", "apiregistration.k8s.io");
}
