using System.Reflection;
using System.Text;
using System.Text.Json.Serialization;
using k8s.Models;
using OrleansOrchestrator.Documents.FieldSchemas;
using KubeObject = k8s.IKubernetesObject<k8s.Models.V1ObjectMeta>;

namespace OrleansOrchestrator.Documents.Tests.FieldSchemas;

public sealed class ModelFieldSchemasTests
{
    [Fact]
    public void Rules_EachField_ExistsAndHasItsKeys()
    {
        foreach (var (type, field, rule) in ModelFieldRules.Entries())
        {
            var fieldType = TypeOf(type, field).ShouldNotBeNull($"{type.Name}.{field} does not exist");
            foreach (var key in rule(FieldSchema.Leaf).Keys)
                TypeOf(fieldType.GetGenericArguments()[^1], key.Name).ShouldNotBeNull($"{type.Name}.{field} has no {key.Name}");
        }
    }

    [Theory]
    [InlineData(typeof(V1Pod), "spec.nodeSelector", FieldShape.Leaf)]
    [InlineData(typeof(V1Pod), "spec.containers", FieldShape.KeyedList)]
    [InlineData(typeof(V1Pod), "spec.tolerations", FieldShape.Leaf)]
    [InlineData(typeof(V1Pod), "metadata.labels", FieldShape.Map)]
    [InlineData(typeof(V1Pod), "metadata.finalizers", FieldShape.Set)]
    [InlineData(typeof(V1Pod), "metadata.ownerReferences", FieldShape.KeyedList)]
    [InlineData(typeof(V1Pod), "status.conditions", FieldShape.KeyedList)]
    [InlineData(typeof(V1Pod), "status.containerStatuses", FieldShape.Leaf)]
    [InlineData(typeof(V1Pod), "status.hostIPs", FieldShape.Leaf)]
    [InlineData(typeof(V1Pod), "spec.overhead", FieldShape.Map)]
    [InlineData(typeof(V1Service), "spec.ports", FieldShape.KeyedList)]
    [InlineData(typeof(V1Service), "spec.selector", FieldShape.Leaf)]
    [InlineData(typeof(V1Deployment), "spec.selector", FieldShape.Leaf)]
    [InlineData(typeof(V1Deployment), "spec.template", FieldShape.Map)]
    [InlineData(typeof(V1Deployment), "spec.template.metadata.name", FieldShape.Leaf)]
    [InlineData(typeof(V1Deployment), "spec.strategy.rollingUpdate.maxSurge", FieldShape.Leaf)]
    [InlineData(typeof(V1ReplicationController), "spec.selector", FieldShape.Leaf)]
    [InlineData(typeof(V1ConfigMap), "data", FieldShape.Map)]
    [InlineData(typeof(V1ConfigMap), "binaryData", FieldShape.Map)]
    [InlineData(typeof(V1PersistentVolume), "spec.claimRef", FieldShape.Map)]
    [InlineData(typeof(V1Job), "status.conditions", FieldShape.Leaf)]
    [InlineData(typeof(V1ControllerRevision), "data", FieldShape.Deduced)]
    [InlineData(typeof(V1CustomResourceDefinition), "spec.versions", FieldShape.Leaf)]
    public void Shape_OfField_IsThatOfKubernetes(Type type, string path, FieldShape shape)
    {
        var schema = ModelFieldSchemas.Of(type);
        foreach (var name in path.Split('.'))
            schema = schema.Find(Encoding.UTF8.GetBytes(name)).ShouldNotBeNull(name).Value;
        schema.Shape.ShouldBe(shape);
    }

    [Fact]
    public void Of_EveryModel_CanBeMade()
    {
        foreach (var type in typeof(V1Pod).Assembly.GetTypes().Where(type => typeof(KubeObject).IsAssignableFrom(type) && type is { IsClass: true, IsAbstract: false }))
            Visit(ModelFieldSchemas.Of(type), []);
    }

    private static void Visit(FieldSchema schema, HashSet<FieldSchema> seen)
    {
        if (!seen.Add(schema))
            return;
        if (schema.Element is { } element)
            Visit(element, seen);
        foreach (var field in schema.Fields)
            Visit(field.Value, seen);
    }

    private static Type? TypeOf(Type type, string field) => type.GetProperties()
        .SingleOrDefault(property => property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name == field)?.PropertyType;
}
