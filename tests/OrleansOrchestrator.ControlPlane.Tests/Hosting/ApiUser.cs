using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

/// <summary>Somebody who uses the API as the gateway does, in the terms of the models.</summary>
internal sealed class ApiUser(IObjectClient objects)
{
    public static readonly WriteOptions Options = new() { User = new UserInfo("tester", ["system:masters"]) };

    public IObjectClient Objects => objects;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static ResourceDefinition Of<T>() => BuiltInKinds.Registry.All.First(definition => definition.ModelType == typeof(T));

    public static ObjectReference Ref<T>(string @namespace, string name, string subresource = "") =>
        new(Of<T>(), new ObjectKey(@namespace, name), subresource);

    public async Task<T> CreateAsync<T>(T obj, WriteOptions? options = null)
        where T : class, KubeObject =>
        Model<T>(await objects.CreateAsync(Of<T>().Storage, obj.Metadata?.NamespaceProperty ?? "", obj, options ?? Options, Cancellation));

    public async Task<T> GetAsync<T>(string @namespace, string name)
        where T : class, KubeObject =>
        Model<T>(await objects.GetAsync(Of<T>(), new ObjectKey(@namespace, name), Freshness.Latest, Cancellation));

    /// <summary>The object; null if it does not exist.</summary>
    public async Task<T?> FindAsync<T>(string @namespace, string name)
        where T : class, KubeObject
    {
        try
        {
            return await GetAsync<T>(@namespace, name);
        }
        catch (ApiException missing) when (missing.Code == 404)
        {
            return null;
        }
    }

    public async Task<List<T>> ListAsync<T>(string @namespace, string labels = "")
        where T : class, KubeObject
    {
        var filter = new ObjectFilter(@namespace, LabelSelector.Parse(labels), FieldSelector.Everything);
        var page = await objects.ListAsync(Of<T>(), new ListQuery(filter, Freshness.Latest), Cancellation);
        return [.. page.Objects.Select(Model<T>)];
    }

    public async Task<T> UpdateAsync<T>(T obj, string subresource = "", WriteOptions? options = null)
        where T : class, KubeObject =>
        Model<T>((await objects.UpdateAsync(
            Ref<T>(obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name, subresource), obj, options ?? Options, Cancellation)).Object);

    public async Task<T> PatchAsync<T>(string @namespace, string name, PatchType type, string patch, string subresource = "")
        where T : class, KubeObject =>
        Model<T>(await objects.PatchAsync(
            Ref<T>(@namespace, name, subresource), type, System.Text.Encoding.UTF8.GetBytes(patch), Options, Cancellation));

    public Task<DeletionResult> DeleteAsync<T>(string @namespace, string name, DeletionOptions? deletion = null, WriteOptions? options = null) =>
        objects.DeleteAsync(Ref<T>(@namespace, name), deletion ?? new DeletionOptions(), options ?? Options, Cancellation);

    /// <summary>Waits until what is listed is as wanted.</summary>
    public async Task<List<T>> UntilAsync<T>(string @namespace, Func<List<T>, bool> condition, string labels = "")
        where T : class, KubeObject
    {
        List<T> listed = [];
        await Eventually.HoldsAsync(
            async () =>
            {
                listed = await ListAsync<T>(@namespace, labels);
                return condition(listed);
            });
        return listed;
    }

    /// <summary>Creates a namespace of the test's own.</summary>
    public async Task<string> NewNamespaceAsync()
    {
        var space = await CreateAsync(new k8s.Models.V1Namespace { Metadata = new k8s.Models.V1ObjectMeta { GenerateName = "test-" } });
        return space.Metadata.Name;
    }

    private static T Model<T>(StoredObject stored)
        where T : class, KubeObject
    {
        var model = (T)stored.Decode();
        // As text they can be compared. A write that sends such a text leaves the managed fields as they are.
        foreach (var entry in model.Metadata.ManagedFields ?? [])
            entry.FieldsV1 = entry.FieldsV1?.ToString();
        return model;
    }
}
