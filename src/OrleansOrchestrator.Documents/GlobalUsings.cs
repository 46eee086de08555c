global using KubeObject = k8s.IKubernetesObject<k8s.Models.V1ObjectMeta>;
