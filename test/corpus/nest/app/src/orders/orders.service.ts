import { Injectable, OnModuleDestroy } from '@nestjs/common';
import { EventEmitter2, OnEvent } from '@nestjs/event-emitter';
import type { DataSource } from 'typeorm';
import type { CreateOrder } from './order.dto';

@Injectable()
export class OrdersService implements OnModuleDestroy {
  readonly audit: string[] = [];
  private source: Promise<DataSource> | undefined;

  constructor(private readonly events: EventEmitter2) {}

  async create(order: CreateOrder): Promise<object> {
    const { Order } = await import('./order.entity');
    const orders = (await this.database()).getRepository(Order);
    const saved = await orders.save(orders.create({ ...order, due: order.due.toISOString() }));
    this.events.emit('order.created', saved.id);
    return saved;
  }

  async find(id: number): Promise<object | null> {
    const { Order } = await import('./order.entity');
    return (await this.database()).getRepository(Order).findOneBy({ id });
  }

  @OnEvent('order.created')
  created(id: number): void {
    this.audit.push(`created ${id}`);
  }

  async onModuleDestroy(): Promise<void> {
    await (await this.source)?.destroy();
  }

  /** The database driver (SQLite as WebAssembly) is loaded by its name inside typeorm, at the first order. */
  private database(): Promise<DataSource> {
    this.source ??= (async () => {
      const [{ DataSource: Source }, { Order }] = [await import('typeorm'), await import('./order.entity')];
      return new Source({ type: 'sqljs', entities: [Order], synchronize: true }).initialize();
    })();
    return this.source;
  }
}
