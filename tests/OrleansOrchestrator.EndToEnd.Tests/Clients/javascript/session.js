// A session of the official JavaScript client. Each step prints one line of JSON; what the lines must say is the caller's.
import * as k8s from '@kubernetes/client-node';

const namespace = process.argv[2];
const config = new k8s.KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(k8s.CoreV1Api);

const tell = (step, result) => console.log(JSON.stringify({ step, ...result }));
const body = (name, value) => ({ metadata: { name, labels: { session: 'js' } }, data: { key: value } });
const withType = (type) => k8s.setHeaderOptions('Content-Type', type);

async function changes() {
  const created = await core.createNamespacedConfigMap({ namespace, body: body('a', '1') });
  tell('create', { name: created.metadata.name, uid: created.metadata.uid, created: created.metadata.creationTimestamp instanceof Date });

  const read = await core.readNamespacedConfigMap({ name: 'a', namespace });
  tell('read', { value: read.data.key });

  read.data.key = '2';
  const replaced = await core.replaceNamespacedConfigMap({ name: 'a', namespace, body: read });
  tell('replace', { value: replaced.data.key });

  try {
    await core.replaceNamespacedConfigMap({ name: 'a', namespace, body: created });
    tell('conflict', {});
  } catch (error) {
    tell('conflict', { code: error.code, reason: JSON.parse(error.body).reason });
  }

  const json = await core.patchNamespacedConfigMap(
    { name: 'a', namespace, body: [{ op: 'replace', path: '/data/key', value: '3' }] }, withType(k8s.PatchStrategy.JsonPatch));
  tell('patch json', { data: json.data });
  const merge = await core.patchNamespacedConfigMap(
    { name: 'a', namespace, body: { data: { key: null, other: '4' } } }, withType(k8s.PatchStrategy.MergePatch));
  tell('patch merge', { data: merge.data });
  const strategic = await core.patchNamespacedConfigMap(
    { name: 'a', namespace, body: { metadata: { labels: { more: 'x' } } } }, withType(k8s.PatchStrategy.StrategicMergePatch));
  tell('patch strategic', { labels: strategic.metadata.labels });

  const deleted = await core.deleteNamespacedConfigMap({ name: 'a', namespace });
  tell('delete', { status: deleted.status });
  try {
    await core.readNamespacedConfigMap({ name: 'a', namespace });
    tell('gone', {});
  } catch (error) {
    tell('gone', { code: error.code });
  }
}

async function pages() {
  for (const name of ['p1', 'p2', 'p3', 'p4', 'p5'])
    await core.createNamespacedConfigMap({ namespace, body: body(name, name) });
  const names = [];
  const sizes = [];
  let next;
  do {
    const page = await core.listNamespacedConfigMap({ namespace, labelSelector: 'session=js', limit: 2, _continue: next });
    names.push(...page.items.map((item) => item.metadata.name));
    sizes.push(page.items.length);
    next = page.metadata._continue;
  } while (next);
  tell('pages', { names, sizes });
}

// Watches from a version until so many events came; then gives them.
async function watch(resourceVersion, count) {
  const events = [];
  let enough;
  const came = new Promise((resolve, reject) => { enough = { resolve, reject }; });
  const controller = await new k8s.Watch(config).watch(
    `/api/v1/namespaces/${namespace}/configmaps`,
    { resourceVersion, labelSelector: 'session=js' },
    (type, object) => {
      events.push({ type, name: object.metadata.name, value: object.data.key, version: object.metadata.resourceVersion });
      if (events.length === count) enough.resolve();
    },
    (error) => enough.reject(error ?? new Error('the watch ended early')),
  );
  await came;
  controller.abort();
  return events.slice(0, count);
}

async function watches() {
  const start = (await core.listNamespacedConfigMap({ namespace })).metadata.resourceVersion;
  for (const value of ['1', '2', '3'])
    await core.patchNamespacedConfigMap(
      { name: 'p1', namespace, body: { data: { key: value } } }, withType(k8s.PatchStrategy.MergePatch));
  const first = await watch(start, 2);
  tell('watch', { values: first.map((event) => event.value) });
  const rest = await watch(first[1].version, 1);
  tell('resume', { values: rest.map((event) => event.value) });
}

async function informer() {
  const made = k8s.makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`,
    () => core.listNamespacedConfigMap({ namespace, labelSelector: 'session=js' }), 'session=js');
  const wait = (event, name) => new Promise((resolve) => {
    made.on(event, (object) => object.metadata.name === name && resolve(object));
  });
  const [known, added, updated, removed] = [wait('add', 'p1'), wait('add', 'i'), wait('update', 'i'), wait('delete', 'i')];
  await made.start();
  await known;
  await core.createNamespacedConfigMap({ namespace, body: body('i', 'before') });
  await added;
  await core.patchNamespacedConfigMap(
    { name: 'i', namespace, body: { data: { key: 'after' } } }, withType(k8s.PatchStrategy.MergePatch));
  const value = (await updated).data.key;
  const cached = made.list().length;
  await core.deleteNamespacedConfigMap({ name: 'i', namespace });
  await removed;
  tell('informer', { value, cached, left: made.list().length });
  await made.stop();
}

async function definitions() {
  const group = `${namespace}.example.org`;
  const name = `widgets.${group}`;
  const extensions = config.makeApiClient(k8s.ApiextensionsV1Api);
  const custom = config.makeApiClient(k8s.CustomObjectsApi);
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { size: { type: 'integer', minimum: 1 }, color: { type: 'string', _default: 'red' } } } },
  };
  await extensions.createCustomResourceDefinition({
    body: {
      metadata: { name },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    },
  });
  try {
    await new Promise((resolve, reject) => new k8s.Watch(config).watch(
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { fieldSelector: `metadata.name=${name}` },
      (_, object) => object.status?.conditions?.some((item) => item.type === 'Established' && item.status === 'True') && resolve(),
      reject));
    const place = { group, version: 'v1', namespace, plural: 'widgets' };
    const made = await custom.createNamespacedCustomObject(
      { ...place, body: { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'w' }, spec: { size: 2, unknown: true } } });
    tell('custom', { spec: made.spec });
    try {
      await custom.createNamespacedCustomObject(
        { ...place, body: { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'x' }, spec: { size: 0 } } });
      tell('custom invalid', {});
    } catch (error) {
      tell('custom invalid', { code: error.code });
    }
    const list = await custom.listNamespacedCustomObject(place);
    tell('custom list', { kind: list.kind, names: list.items.map((item) => item.metadata.name) });
  } finally {
    await extensions.deleteCustomResourceDefinition({ name });
  }
}

await changes();
await pages();
await watches();
await informer();
await definitions();
// What the client keeps open must not keep the process.
process.exit(0);
