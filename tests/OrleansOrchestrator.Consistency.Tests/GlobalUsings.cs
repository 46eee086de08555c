global using KubeObject = k8s.IKubernetesObject<k8s.Models.V1ObjectMeta>;
global using Version = OrleansOrchestrator.Consistency.Tests.Histories.Version;
