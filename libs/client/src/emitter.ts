type Listener<Body> = (body: Body) => void;

/** Typed events; `on` returns what ends the subscription. */
export class Emitter<Events extends object> {
  private readonly listeners: { [Name in keyof Events]?: Set<Listener<Events[Name]>> } = {};

  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.listeners[name] ?? new Set<Listener<Events[Name]>>();
    this.listeners[name] = listeners;
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  emit<Name extends keyof Events>(name: Name, body: Events[Name]): void {
    for (const listener of [...(this.listeners[name] ?? [])]) {
      try {
        listener(body);
      } catch (error) {
        // A listener that fails is the application's fault, to be seen there: the client itself goes on.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
