using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>A valid object of each kind as a starting point. A kind without one starts with only a name.</summary>
internal static class SeedObjects
{
    private const string PodSpec = """
        {"containers":[{"name":"c","image":"i","command":["sh"],"args":["-c"],"env":[{"name":"A","value":"b"},{"name":"N","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],
          "envFrom":[{"configMapRef":{"name":"m"}}],"ports":[{"name":"http","containerPort":80}],"resources":{"limits":{"cpu":"1"},"requests":{"cpu":"1m","memory":"1Mi"}},
          "volumeMounts":[{"name":"v","mountPath":"/v"}],"readinessProbe":{"httpGet":{"path":"/","port":"http"}},"securityContext":{"runAsUser":1,"capabilities":{"add":["NET_ADMIN"]}}}],
         "initContainers":[{"name":"i","image":"i"}],"volumes":[{"name":"v","emptyDir":{"sizeLimit":"1Mi"}},{"name":"w","configMap":{"name":"m","items":[{"key":"a","path":"b"}]}}],
         "tolerations":[{"key":"k","operator":"Exists","effect":"NoExecute","tolerationSeconds":5}],"nodeSelector":{"kubernetes.io/os":"linux"},
         "affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]}]}},
           "podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"podAffinityTerm":{"topologyKey":"kubernetes.io/hostname","labelSelector":{"matchLabels":{"app":"a"}}}}]}},
         "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"kubernetes.io/hostname","whenUnsatisfiable":"ScheduleAnyway","labelSelector":{"matchLabels":{"app":"a"}}}],
         "securityContext":{"sysctls":[{"name":"net.ipv4.tcp_syncookies","value":"1"}],"supplementalGroups":[1]},"hostAliases":[{"ip":"10.0.0.1","hostnames":["a"]}],
         "dnsConfig":{"nameservers":["10.0.0.1"],"options":[{"name":"ndots","value":"1"}]},"imagePullSecrets":[{"name":"s"}],"terminationGracePeriodSeconds":1}
        """;

    private static readonly string SigningRequest = MakeSigningRequest();

    private const string Template = $$$"""{"metadata":{"labels":{"app":"a"}},"spec":{{{PodSpec}}}}""";
    private const string Selector = """{"matchLabels":{"app":"a"}}""";
    private const string Webhooks = """
        {"webhooks":[{"name":"a.example.com","clientConfig":{"url":"https://127.0.0.1:1/x","caBundle":""},"admissionReviewVersions":["v1"],"sideEffects":"None","failurePolicy":"Ignore",
          "rules":[{"apiGroups":["fuzz.example.com"],"apiVersions":["v1"],"operations":["CREATE"],"resources":["nothings"],"scope":"*"}]}]}
        """;

    private static readonly FrozenDictionary<string, string> Bodies = new Dictionary<string, string>
    {
        ["ConfigMap"] = """{"data":{"a":"b"},"binaryData":{"c":"YQ=="}}""",
        ["Secret"] = """{"type":"Opaque","data":{"a":"YQ=="},"stringData":{"b":"c"}}""",
        ["ServiceAccount"] = """{"secrets":[{"name":"s"}],"imagePullSecrets":[{"name":"s"}],"automountServiceAccountToken":false}""",
        ["Pod"] = $$$"""{"spec":{{{PodSpec}}}}""",
        ["PodTemplate"] = $$$"""{"template":{{{Template}}}}""",
        ["ReplicationController"] = $$$"""{"spec":{"replicas":1,"selector":{"app":"a"},"template":{{{Template}}}}}""",
        ["ReplicaSet"] = $$$"""{"spec":{"replicas":1,"selector":{{{Selector}}},"template":{{{Template}}}}}""",
        ["Deployment"] = $$$"""{"spec":{"replicas":1,"selector":{{{Selector}}},"template":{{{Template}}},"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1,"maxUnavailable":"25%"} } } }""",
        ["StatefulSet"] = $$$"""{"spec":{"replicas":1,"serviceName":"s","selector":{{{Selector}}},"template":{{{Template}}},"volumeClaimTemplates":[{"metadata":{"name":"d"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Mi"} } } }]} }""",
        ["DaemonSet"] = $$$"""{"spec":{"selector":{{{Selector}}},"template":{{{Template}}}}}""",
        ["Job"] = """{"spec":{"parallelism":1,"completions":1,"backoffLimit":1,"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}},"podFailurePolicy":{"rules":[{"action":"Ignore","onExitCodes":{"operator":"In","values":[1]}}]}}}""",
        ["CronJob"] = """{"spec":{"schedule":"0 0 1 1 *","timeZone":"Etc/UTC","jobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}}}""",
        ["ControllerRevision"] = """{"data":{"a":1},"revision":1}""",
        ["Service"] = """{"spec":{"selector":{"app":"a"},"ports":[{"name":"http","port":80,"targetPort":"http","protocol":"TCP"}],"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":10}}}}""",
        ["Endpoints"] = """{"subsets":[{"addresses":[{"ip":"10.1.2.3","targetRef":{"kind":"Pod","name":"p"}}],"ports":[{"name":"http","port":80}]}]}""",
        ["EndpointSlice"] = """{"addressType":"IPv4","endpoints":[{"addresses":["10.1.2.3"],"conditions":{"ready":true},"hints":{"forZones":[{"name":"z"}]}}],"ports":[{"name":"http","port":80}]}""",
        ["Event"] = """{"involvedObject":{"kind":"Pod","name":"p","namespace":"NAMESPACE"},"regarding":{"kind":"Pod","name":"p","namespace":"NAMESPACE"},"reason":"R","message":"m","note":"n","type":"Normal","action":"A","reportingController":"example.com/c","reportingComponent":"example.com/c","reportingInstance":"i","eventTime":"2026-01-01T00:00:02.000000Z"}""",
        ["Lease"] = """{"spec":{"holderIdentity":"h","leaseDurationSeconds":10,"acquireTime":"2026-01-01T00:00:02.000000Z","renewTime":"2026-01-01T00:00:02.500000Z","leaseTransitions":1}}""",
        ["LimitRange"] = """{"spec":{"limits":[{"type":"Container","max":{"cpu":"4"},"min":{"cpu":"1m"},"default":{"cpu":"2"},"defaultRequest":{"cpu":"1m"}}]}}""",
        ["ResourceQuota"] = """{"spec":{"hard":{"pods":"10000"},"scopes":["BestEffort"]}}""",
        ["PersistentVolume"] = """{"spec":{"capacity":{"storage":"1Mi"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/tmp"},"nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"a","operator":"Exists"}]}]}}}}""",
        ["PersistentVolumeClaim"] = """{"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Mi"}},"selector":{"matchLabels":{"a":"b"}}}}""",
        ["PriorityClass"] = """{"value":1,"description":"d"}""",
        ["RuntimeClass"] = """{"handler":"h","overhead":{"podFixed":{"cpu":"1m"}},"scheduling":{"nodeSelector":{"a":"b"},"tolerations":[{"operator":"Exists"}]}}""",
        ["StorageClass"] = """{"provisioner":"example.com/p","parameters":{"a":"b"},"allowedTopologies":[{"matchLabelExpressions":[{"key":"a","values":["b"]}]}]}""",
        ["VolumeAttachment"] = """{"spec":{"attacher":"example.com","nodeName":"n","source":{"persistentVolumeName":"v"}}}""",
        ["CSIDriver"] = """{"spec":{"attachRequired":true,"volumeLifecycleModes":["Persistent"],"tokenRequests":[{"audience":"a","expirationSeconds":3600}]}}""",
        ["CSINode"] = """{"spec":{"drivers":[{"name":"example.com","nodeID":"n","topologyKeys":["a"],"allocatable":{"count":1}}]}}""",
        ["CSIStorageCapacity"] = """{"storageClassName":"s","capacity":"1Mi","nodeTopology":{"matchLabels":{"a":"b"}}}""",
        ["Role"] = """{"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get"],"resourceNames":["a"]}]}""",
        ["ClusterRole"] = """{"rules":[{"nonResourceURLs":["/healthz"],"verbs":["get"]}],"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"a":"b"}}]}}""",
        ["RoleBinding"] = """{"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"},"subjects":[{"kind":"ServiceAccount","name":"a","namespace":"NAMESPACE"}]}""",
        ["ClusterRoleBinding"] = """{"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"r"},"subjects":[{"kind":"User","name":"nobody","apiGroup":"rbac.authorization.k8s.io"}]}""",
        ["NetworkPolicy"] = """{"spec":{"podSelector":{"matchLabels":{"app":"a"}},"ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}}],"ports":[{"port":80,"endPort":90}]}],"policyTypes":["Ingress","Egress"],"egress":[{}]}}""",
        ["Ingress"] = """{"spec":{"rules":[{"host":"a.example.com","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"s","port":{"number":80}}}}]}}],"tls":[{"hosts":["a.example.com"],"secretName":"t"}],"defaultBackend":{"service":{"name":"s","port":{"name":"http"}}}}}""",
        ["IngressClass"] = """{"spec":{"controller":"example.com/c","parameters":{"kind":"K","name":"n"}}}""",
        ["IPAddress"] = """{"spec":{"parentRef":{"resource":"services","namespace":"NAMESPACE","name":"s"}}}""",
        ["ServiceCIDR"] = """{"spec":{"cidrs":["10.77.0.0/24"]}}""",
        ["PodDisruptionBudget"] = """{"spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"a"}}}}""",
        ["HorizontalPodAutoscaler"] = """{"spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},"maxReplicas":2,"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":50}}}],"behavior":{"scaleDown":{"policies":[{"type":"Pods","value":1,"periodSeconds":60}]}}}}""",
        ["CertificateSigningRequest"] = """{"spec":{"request":"SIGNING_REQUEST","signerName":"example.com/s","usages":["client auth"],"expirationSeconds":3600}}""",
        ["Node"] = """{"spec":{"taints":[{"key":"a","value":"b","effect":"NoSchedule"}],"unschedulable":true},"status":{"capacity":{"cpu":"1"},"conditions":[{"type":"Ready","status":"False"}],"addresses":[{"type":"InternalIP","address":"10.9.9.9"}]}}""",
        ["Namespace"] = """{"spec":{"finalizers":["kubernetes"]}}""",
        ["MutatingWebhookConfiguration"] = Webhooks,
        ["ValidatingWebhookConfiguration"] = Webhooks,
        ["APIService"] = """{"spec":{"group":"other.example.com","version":"v1","groupPriorityMinimum":100,"versionPriority":10,"insecureSkipTLSVerify":true,"service":{"name":"s","namespace":"default","port":443}}}""",
        ["FlowSchema"] = """{"spec":{"priorityLevelConfiguration":{"name":"p"},"matchingPrecedence":10,"rules":[{"subjects":[{"kind":"User","user":{"name":"u"}}],"resourceRules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"],"namespaces":["a"]}]}]}}""",
        ["PriorityLevelConfiguration"] = """{"spec":{"type":"Limited","limited":{"nominalConcurrencyShares":1,"limitResponse":{"type":"Queue","queuing":{"queues":8,"handSize":2,"queueLengthLimit":5}}}}}""",
        ["CustomResourceDefinition"] = """{"spec":{"group":"fuzz.example.com","scope":"Namespaced","names":{"plural":"PLURAL","singular":"NAME","kind":"KIND","listKind":"KINDList"},"versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas"}},"additionalPrinterColumns":[{"name":"A","type":"string","jsonPath":".spec.a"}],"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{"a":{"type":"string","pattern":"^a*$","default":"a"},"replicas":{"type":"integer","minimum":0},"l":{"type":"array","items":{"type":"string"},"maxItems":5}}},"status":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}}}]}}""",
        ["FuzzThing"] = """{"spec":{"text":"t","number":1.5,"integer":3,"flag":true,"port":"http","map":{"a":"b"},"list":[{"name":"n","value":"v"}],"set":["a","b"],"free":{"x":[1,null,{"y":2}]},"embedded":{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"e"}},"maybe":null,"replicas":1},"status":{"replicas":1}}""",
        ["Binding"] = """{"target":{"kind":"Node","name":"n"}}""",
        ["SubjectAccessReview"] = """{"spec":{"user":"u","groups":["g"],"extra":{"a":["b"]},"resourceAttributes":{"verb":"get","resource":"pods","namespace":"NAMESPACE"}}}""",
        ["LocalSubjectAccessReview"] = """{"spec":{"user":"u","resourceAttributes":{"verb":"get","resource":"pods","namespace":"NAMESPACE"}}}""",
        ["SelfSubjectAccessReview"] = """{"spec":{"resourceAttributes":{"verb":"get","resource":"pods","fieldSelector":{"requirements":[{"key":"a","operator":"In","values":["b"]}]}}}}""",
        ["SelfSubjectRulesReview"] = """{"spec":{"namespace":"NAMESPACE"}}""",
        ["SelfSubjectReview"] = "{}",
        ["TokenReview"] = """{"spec":{"token":"t","audiences":["a"]}}""",
        ["TokenRequest"] = """{"spec":{"audiences":["a"],"expirationSeconds":3600,"boundObjectRef":{"kind":"Pod","apiVersion":"v1","name":"p"}}}""",
        ["Scale"] = """{"spec":{"replicas":1},"status":{"replicas":1,"selector":"a=b"}}""",
        ["Eviction"] = """{"deleteOptions":{"gracePeriodSeconds":0,"propagationPolicy":"Background","preconditions":{"uid":"u"}}}""",
        ["DeleteOptions"] = """{"gracePeriodSeconds":0,"propagationPolicy":"Background","dryRun":["All"],"preconditions":{"resourceVersion":"1"}}""",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The definition of the kind <c>FuzzThing</c>, which uses every kind of schema.</summary>
    public const string Definition = """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"fuzzthings.fuzz.example.com"},"spec":{"group":"fuzz.example.com","scope":"Namespaced",
         "names":{"plural":"fuzzthings","singular":"fuzzthing","kind":"FuzzThing"},"versions":[{"name":"v1","served":true,"storage":true,
          "subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas"}},
          "additionalPrinterColumns":[{"name":"Text","type":"string","jsonPath":".spec.text"},{"name":"When","type":"date","jsonPath":".spec.when"},{"name":"N","type":"number","jsonPath":".spec.number"}],
          "schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{
           "text":{"type":"string","maxLength":100},"number":{"type":"number"},"integer":{"type":"integer","default":7},"flag":{"type":"boolean"},"port":{"x-kubernetes-int-or-string":true},
           "when":{"type":"string","format":"date-time"},"map":{"type":"object","additionalProperties":{"type":"string"}},
           "list":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],"items":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"value":{"type":"string"}}}},
           "set":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}},"free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
           "embedded":{"type":"object","x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true},"maybe":{"type":"string","nullable":true},"replicas":{"type":"integer"}}},
           "status":{"type":"object","properties":{"replicas":{"type":"integer"}}}}}}}]}}
        """;

    /// <summary>Meaningful words of the API.</summary>
    public static IReadOnlyList<string> Words { get; } = [.. Bodies.Values.SelectMany(body => TextsOf(JsonNode.Parse(body))).Where(text => text.Length is > 0 and < 100).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Makes a valid object.</summary>
    /// <param name="apiVersion">Its version.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="name">Its name.</param>
    /// <param name="scope">Its namespace; empty if it has none.</param>
    public static JsonObject Of(string apiVersion, string kind, string name, string scope)
    {
        var body = Bodies.GetValueOrDefault(kind, "{}").Replace("NAMESPACE", scope, StringComparison.Ordinal).Replace("PLURAL", name + "s", StringComparison.Ordinal)
            .Replace("SIGNING_REQUEST", SigningRequest, StringComparison.Ordinal).Replace("NAME", name, StringComparison.Ordinal).Replace("KIND", "K" + name.Replace("-", "", StringComparison.Ordinal), StringComparison.Ordinal);
        var obj = (JsonObject)JsonNode.Parse(body)!;
        obj["apiVersion"] = apiVersion;
        obj["kind"] = kind;
        obj["metadata"] = new JsonObject
        {
            ["name"] = kind switch
            {
                "CustomResourceDefinition" => name + "s.fuzz.example.com",
                "APIService" => "v1.other.example.com",
                "IPAddress" => "10.77.0.9",
                _ => name,
            },
            ["labels"] = new JsonObject { ["app"] = "a" },
            ["annotations"] = new JsonObject { ["example.com/a"] = "b" },
        };
        if (scope.Length > 0)
            obj["metadata"]!["namespace"] = scope;
        return obj;
    }

    private static string MakeSigningRequest()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Convert.ToBase64String(Encoding.ASCII.GetBytes(new CertificateRequest("CN=fuzz", key, HashAlgorithmName.SHA256).CreateSigningRequestPem()));
    }

    private static IEnumerable<string> TextsOf(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => TextsOf(member.Value).Prepend(member.Key)),
        JsonArray elements => elements.SelectMany(TextsOf),
        JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.String => [value.GetValue<string>()],
        _ => [],
    };
}
