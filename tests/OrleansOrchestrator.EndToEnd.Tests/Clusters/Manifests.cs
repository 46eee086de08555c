namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>Objects that many tests need.</summary>
internal static class Manifests
{
    /// <summary>A ReplicationController and its pods, which carry the label <c>app</c> with its name.</summary>
    public static string ReplicationController(string name, int replicas) => $$"""
        apiVersion: v1
        kind: ReplicationController
        metadata:
          name: {{name}}
          labels: {app: {{name}}}
        spec:
          replicas: {{replicas}}
          selector: {app: {{name}}}
          template:
            metadata:
              labels: {app: {{name}}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - name: main
                image: registry.invalid/main:1
                command: [main]
                ports:
                - containerPort: 8080
        """;

    /// <summary>A pod with the label <c>app</c>.</summary>
    public static string Pod(string name, string app = "single") => $$"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{name}}
          labels: {app: {{app}}}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
          - name: main
            image: registry.invalid/main:1
            command: [main]
        """;

    /// <summary>A ConfigMap with one key.</summary>
    public static string ConfigMap(string name, string value) => $$"""
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{name}}
        data:
          key: "{{value}}"
        """;
}
